import { expect, test } from '@playwright/test';
import { simulate } from './simulator';
import { expectAccessible, numberIn, signIn, Watch } from './watch';

// A running cabinet, native or in QEMU, with its simulated outside world:
//   BASE_URL        https://HOST:PORT of the hmi daemon
//   HMI_USER        who signs in, and HMI_PASSWORD
//   JP_SIM_CONTROL  the control socket of jp-sim
//   HMI_SCREENSHOT  where a picture of the Connectors page is put, and HMI_SCREENSHOT_OVERVIEW (both optional)
const { BASE_URL, HMI_USER = 'admin', HMI_PASSWORD, JP_SIM_CONTROL } = process.env;
const { HMI_SCREENSHOT, HMI_SCREENSHOT_OVERVIEW } = process.env;

test.skip(
  BASE_URL === undefined || HMI_PASSWORD === undefined || JP_SIM_CONTROL === undefined,
  'needs a running cabinet: BASE_URL, HMI_PASSWORD, JP_SIM_CONTROL',
);

const CARD = '04A1B2C3D4E5F6';

test('a charge is seen live on both pages and stopped from the screen', async ({ page }) => {
  const sim = (command: Record<string, unknown>) => simulate(JP_SIM_CONTROL ?? '', command);
  const watch = new Watch(page, new URL(BASE_URL ?? '').origin);

  await signIn(page, HMI_USER, HMI_PASSWORD ?? '');
  await expect(page.getByText('Live', { exact: true })).toBeVisible({ timeout: 15_000 });
  await expect(page.getByRole('listitem').filter({ hasText: 'Controller' })).toContainText('Healthy');
  const drawn = '[data-testid="drawn"]';
  expect(await numberIn(page, drawn)).toBe(0);

  await sim({ command: 'plug_in', connector: 1 });
  await page.getByRole('link', { name: 'Connectors', exact: true }).click();
  const card = page.locator('[data-connector="1"]');
  await expect(card.locator('[data-phase="authorising"]')).toBeVisible({ timeout: 30_000 });
  await sim({ command: 'swipe', uid: CARD });
  await expect(card.locator('[data-phase="charging"]')).toBeVisible({ timeout: 40_000 });

  const amps = '[data-connector="1"] [data-testid="current"] dd';
  const energy = '[data-connector="1"] [data-testid="energy"] dd';
  await expect.poll(() => numberIn(page, amps), { timeout: 20_000 }).toBeGreaterThan(10);
  await expect.poll(() => numberIn(page, energy), { timeout: 20_000 }).toBeGreaterThan(0);
  const before = await numberIn(page, energy);
  await expect.poll(() => numberIn(page, energy), { timeout: 20_000 }).toBeGreaterThan(before);
  await expect(card).toContainText('Granted · •••• E5F6');
  await expect(card).toContainText('ISO 15118-2');
  await expectAccessible(page);
  if (HMI_SCREENSHOT !== undefined) await page.screenshot({ path: HMI_SCREENSHOT });

  await page.getByRole('link', { name: 'Overview' }).click();
  await expect.poll(() => numberIn(page, drawn), { timeout: 10_000 }).toBeGreaterThan(1);
  await expectAccessible(page);
  if (HMI_SCREENSHOT_OVERVIEW !== undefined) await page.screenshot({ path: HMI_SCREENSHOT_OVERVIEW });

  await page.getByRole('link', { name: 'Connectors', exact: true }).click();
  await card.getByRole('button', { name: 'Stop charging' }).click();
  await card.getByRole('button', { name: 'Press again to stop' }).click();
  await expect(card.getByText(/Stopped after/)).toBeVisible({ timeout: 30_000 });
  await expect(card.locator('[data-phase="finishing"]')).toBeVisible({ timeout: 30_000 });
  await expect.poll(() => numberIn(page, amps)).toBe(0);
  await expect
    .poll(() =>
      sim({ command: 'plug_out', connector: 1 }).then(
        () => 'out',
        () => 'locked',
      ),
    )
    .toBe('out');
  await expect(card.locator('[data-phase="available"]')).toBeVisible({ timeout: 15_000 });
  watch.expectClean();
});
