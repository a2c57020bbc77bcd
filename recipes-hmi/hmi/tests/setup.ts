import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';
import { startLanguages } from '../src/i18n';

await startLanguages();

afterEach(() => {
  cleanup();
});
