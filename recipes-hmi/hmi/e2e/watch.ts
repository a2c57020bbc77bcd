import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

/** Keeps what a page must not do: complain, or ask another host for anything. */
export class Watch {
  readonly complaints: string[] = [];
  readonly strangers: string[] = [];

  constructor(page: Page, origin: string) {
    page.on('console', (message) => {
      // The browser itself notes each refused request; refusals are part of the tests.
      if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
        this.complaints.push(message.text());
    });
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(`${origin}/`)) this.strangers.push(request.url());
    });
  }

  expectClean(): void {
    expect(this.complaints).toEqual([]);
    expect(this.strangers).toEqual([]);
  }
}

/** Nothing on the page keeps anybody out. */
export async function expectAccessible(page: Page): Promise<void> {
  // Colours in the middle of a transition are nobody's colours.
  await page.waitForTimeout(400);
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  expect(grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`)).toEqual([]);
}

/** Nothing sticks out of the page or of its card. */
export async function expectFits(page: Page): Promise<void> {
  const wide = await page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((element) => {
        if (element.closest('.sr, svg') !== null) return false;
        const edge = element.closest('.card')?.getBoundingClientRect().right ?? window.innerWidth;
        return element.getBoundingClientRect().right > edge + 1;
      })
      .map((element) => element.outerHTML.slice(0, 160)),
  );
  expect(wide).toEqual([]);
}

/** Opens a page. A network interface that comes or goes on this machine breaks a load: then once more. */
export async function goto(page: Page, url: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await page.goto(url);
      return;
    } catch (error) {
      if (attempt === 3 || !String(error).includes('ERR_NETWORK_CHANGED')) throw error;
    }
  }
}

export async function signIn(page: Page, user: string, password: string): Promise<void> {
  await goto(page, '/');
  await page.getByLabel('User', { exact: true }).fill(user);
  await page.getByRole('textbox', { name: 'Password' }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** The number that an element shows. */
export async function numberIn(page: Page, selector: string): Promise<number> {
  const text = (await page.locator(selector).first().innerText()).replaceAll(',', '');
  const found = /-?\d+(\.\d+)?/.exec(text);
  return found === null ? NaN : Number(found[0]);
}
