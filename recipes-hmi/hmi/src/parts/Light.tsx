import {
  IconAlertTriangleFilled,
  IconCircleCheckFilled,
  IconCircleXFilled,
  IconHelpCircleFilled,
} from '@tabler/icons-react';
import type { Level } from '../lib/health';

const ICONS = {
  ok: IconCircleCheckFilled,
  warn: IconAlertTriangleFilled,
  bad: IconCircleXFilled,
  unknown: IconHelpCircleFilled,
};

/** A traffic light: colour and shape say the same, the word beside it says it again. */
export function Light({ level, size = 26 }: { level: Level; size?: number }) {
  const Icon = ICONS[level];
  return <Icon size={size} color="var(--level)" aria-hidden data-level={level} style={{ flexShrink: 0 }} />;
}
