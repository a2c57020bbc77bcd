// Apart from vite.config.ts, so that a build needs no test tools.
import { defineConfig, mergeConfig } from 'vitest/config';

import build from './vite.config';

export default mergeConfig(
  build,
  defineConfig({
    test: { environment: 'happy-dom', include: ['tests/**/*.test.{ts,tsx}'], setupFiles: ['tests/setup.ts'] },
  }),
);
