import { test } from '@playwright/test';
import { execFileSync } from 'node:child_process';

test('the types are made from what the built daemons print', () => {
  const folder = process.env.DAEMONS ?? '../../rust/target/ci';
  execFileSync('node', ['scripts/openapi.mjs', '--check', folder], { stdio: 'inherit' });
});
