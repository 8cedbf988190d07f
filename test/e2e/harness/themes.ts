/** The same moment in every theme that users have. */
import type { Instance } from './instance';
import { until } from './until';

const THEMES = {
  light: { label: 'Light Modern', className: 'vs' },
  'high-contrast': { label: 'Dark High Contrast', className: 'hc-black' },
  dark: { label: 'Dark Modern', className: 'vs-dark' },
} as const;

export type Theme = keyof typeof THEMES;

/** Pictures test/out/THEME/NAME.png in light, high contrast and dark; dark is the theme afterwards. */
export async function photograph(instance: Instance, name: string): Promise<void> {
  await inEachTheme(instance, async (theme) => {
    await instance.workbench.screenshot(`${theme}/${name}`);
  });
}

/** Does `act` in light, high contrast and dark; dark is the theme afterwards. */
export async function inEachTheme(instance: Instance, act: (theme: Theme) => Promise<void>): Promise<void> {
  for (const theme of ['light', 'high-contrast', 'dark'] as const) {
    await choose(instance, theme);
    await act(theme);
  }
}

async function choose(instance: Instance, theme: Theme): Promise<void> {
  const { label, className } = THEMES[theme];
  await instance.workbench.command('Preferences: Color Theme');
  const search = instance.page.locator('.quick-input-widget input.input[placeholder*="Theme"]');
  await search.waitFor();
  await search.fill(label);
  await instance.workbench.choose(label);
  await until(`the theme ${label}`, async () =>
    instance.page
      .locator('.monaco-workbench')
      .evaluate((workbench, name) => workbench.classList.contains(name), className),
  );
  // Webviews follow the theme by a message; hovers from the last click must be gone.
  await instance.page.mouse.move(720, 5);
  await instance.page.waitForTimeout(600);
}
