import { expect, test, type Page } from '@playwright/test';
import { charging, fault, idle } from '../tests/fixture';
import { FakeCabinet } from './fake-cabinet';
import { expectAccessible, expectFits, goto, Watch } from './watch';

let cabinet: FakeCabinet;
let watch: Watch;

test.beforeEach(async ({ page }) => {
  cabinet = new FakeCabinet();
  await cabinet.start();
  watch = new Watch(page, cabinet.url);
});

test.afterEach(async () => {
  watch.expectClean();
  await cabinet.stop();
});

/** Opens a page of a signed-in admin. */
async function open(page: Page, hash: string): Promise<void> {
  await goto(page, cabinet.url);
  await page.getByLabel('User', { exact: true }).fill('admin');
  await page.getByRole('textbox', { name: 'Password' }).fill(cabinet.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Live')).toBeVisible();
  await goto(page, `${cabinet.url}/#${hash}`);
}

test('a wrong password is refused in words, and signing out leads back', async ({ page }) => {
  await goto(page, cabinet.url);
  await expectAccessible(page);
  await page.getByLabel('User', { exact: true }).fill('admin');
  await page.getByRole('textbox', { name: 'Password' }).fill('not this one');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('No such user with this password');
  await page.getByRole('textbox', { name: 'Password' }).fill(cabinet.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByText('Live')).toBeVisible();
  await page.getByRole('button', { name: 'Account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('the overview shows health, power, connectors and faults as they change', async ({ page }) => {
  await open(page, '/');
  const health = page.getByRole('list').first();
  for (const title of ['Controller', 'CSMS', 'PLC main', 'Network and system'])
    await expect(health.getByRole('listitem').filter({ hasText: title })).toContainText('Healthy');
  await expect(page.getByTestId('drawn')).toHaveText('25.0kW');
  await expect(page.getByText('No active faults')).toBeVisible();
  const { site, mcu } = cabinet.state;
  cabinet.say({
    site: { ...site, drawn: 41_250 },
    mcu: { ...mcu, link: { up: false, since: 100e9 } },
    faults: [fault()],
  });
  await expect(page.getByTestId('drawn')).toHaveText('41.3kW');
  await expect(health.getByRole('listitem').filter({ hasText: 'Controller' })).toContainText(
    'The MCU is silent',
  );
  await expect(page.getByText('Cable check failed')).toBeVisible();
  await page.getByRole('link', { name: 'Connector 2' }).click();
  await expect(page).toHaveURL(/#\/connectors$/);
});

test('a connector shows where its power comes from and what is verified', async ({ page }) => {
  await open(page, '/connectors');
  const card = page.locator('[data-connector="1"]');
  await expect(card.getByTestId('power')).toHaveText('25.0kW');
  await expect(card.getByTestId('voltage')).toContainText('400.1V');
  await expect(card.getByTestId('energy')).toContainText('1.234kWh');
  await expect(card.getByTestId('temperature')).toContainText('41°C');
  await expect(card).toContainText('Limited by the site limit');
  await expect(card).toContainText('Gates unverified');
  await expect(card).toContainText('Granted · •••• E5F6');
  await expect(card).toContainText('400.0 V · 100.0 A');
  await expect(page.locator('[data-connector="2"]')).toContainText('Gates verified');
});

test('stop asks once more, shows that it works, and what came of it', async ({ page }) => {
  await open(page, '/connectors');
  const card = page.locator('[data-connector="1"]');
  await card.getByRole('button', { name: 'Stop charging' }).click();
  expect(cabinet.commands).toEqual([]);
  await card.getByRole('button', { name: 'Press again to stop' }).click();
  await expect(card.getByText('Stopping …')).toBeVisible();
  cabinet.say({ connectors: [{ ...charging(1), phase: 'stopping' }, idle(2)] });
  await expect(card.getByText(/Stopped after \d+\.\d s/)).toBeVisible();
  expect(cabinet.commands).toEqual(['POST /v1/connectors/1/stop']);
  await expect(card.getByRole('button', { name: 'Stop charging' })).toBeDisabled();
});

test('a fault is cleared in place', async ({ page }) => {
  cabinet.state = {
    ...cabinet.state,
    faults: [fault()],
    connectors: [{ ...idle(1), phase: 'faulted' }, idle(2)],
  };
  cabinet.onCommand = () => {
    cabinet.say({ faults: [], connectors: [idle(1), idle(2)] });
  };
  await open(page, '/connectors');
  const card = page.locator('[data-connector="1"]');
  await expect(card).toContainText('Cable check failed');
  await card.getByRole('button', { name: 'Clear fault' }).click();
  await expect(card.getByText(/Cleared after/)).toBeVisible();
  await expect(card).not.toContainText('Cable check failed');
});

test('when the controller goes, values are marked old and buttons are off, until it is back', async ({
  page,
}) => {
  await open(page, '/connectors');
  const stop = page.locator('[data-connector="1"]').getByRole('button', { name: 'Stop charging' });
  await expect(stop).toBeEnabled();
  cabinet.stopController();
  await expect(page.getByRole('alert')).toContainText('No live data', { timeout: 6_000 });
  await expect(stop).toBeDisabled();
  await expect(page.getByText('Live', { exact: true })).toBeHidden();
  await expectAccessible(page);
  await cabinet.startController();
  await expect(page.getByRole('alert')).toBeEmpty({ timeout: 10_000 });
  await expect(stop).toBeEnabled();
});

const SIZES = [
  { width: 800, height: 480 },
  { width: 390, height: 844 },
  { width: 1280, height: 800 },
];

for (const size of SIZES) {
  test(`at ${size.width}×${size.height} everything fits and can be touched`, async ({ page }) => {
    await page.setViewportSize(size);
    cabinet.state = { ...cabinet.state, faults: [fault()] };
    for (const hash of ['/', '/connectors']) {
      if (hash === '/') await open(page, hash);
      else await goto(page, `${cabinet.url}/#${hash}`);
      await expect(page.getByText('Cable check failed')).toBeVisible();
      await expectFits(page);
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, nav a, main a')]
          .map((element) => ({ name: element.textContent, box: element.getBoundingClientRect() }))
          .filter(({ box }) => box.width > 0 && (box.height < 48 || box.width < 48))
          .map(({ name }) => name),
      );
      expect(small).toEqual([]);
      if (process.env.HMI_PICTURES !== undefined)
        await page.screenshot({
          path: `${process.env.HMI_PICTURES}/${size.width}${hash.replace('/', '-')}.png`,
          fullPage: true,
        });
    }
  });
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const language of ['en', 'de', 'hi']) {
    test(`nobody is kept out: ${colorScheme}, ${language}`, async ({ page }) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      cabinet.state = { ...cabinet.state, faults: [fault()] };
      await open(page, '/');
      await page.evaluate((chosen) => {
        localStorage.setItem('joulepoint.language', chosen);
      }, language);
      for (const hash of ['/', '/connectors']) {
        await goto(page, `${cabinet.url}/#${hash}`);
        await page.reload();
        await expect(page.locator('html')).toHaveAttribute('lang', language);
        await expect(page.locator('main')).toContainText('25');
        await expectFits(page);
        await expectAccessible(page);
        if (process.env.HMI_PICTURES !== undefined)
          await page.screenshot({
            path: `${process.env.HMI_PICTURES}/${colorScheme}-${language}${hash.replace('/', '-')}.png`,
          });
      }
    });
  }
}

test('everything can be done with the keyboard', async ({ page }) => {
  await goto(page, cabinet.url);
  await page.getByLabel('User', { exact: true }).focus();
  await page.keyboard.type('admin');
  await page.keyboard.press('Tab');
  await page.keyboard.type(cabinet.password);
  await page.keyboard.press('Enter');
  await expect(page.getByText('Live')).toBeVisible();
  await goto(page, `${cabinet.url}/#/connectors`);
  const stop = page.locator('[data-connector="1"]').getByRole('button', { name: 'Stop charging' });
  for (
    let tabs = 0;
    tabs < 20 && !(await stop.evaluate((button) => button === document.activeElement));
    tabs += 1
  )
    await page.keyboard.press('Tab');
  await expect(stop).toBeFocused();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Enter');
  await expect.poll(() => cabinet.commands).toEqual(['POST /v1/connectors/1/stop']);
});
