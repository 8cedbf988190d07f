/** The same moment in every theme that users have. */
import { until } from './until';
import type { Instance } from './instance';

const THEMES = {
  light: { setting: 'Default Light Modern', className: 'vs' },
  dark: { setting: 'Default Dark Modern', className: 'vs-dark' },
  'high-contrast': { setting: 'Default High Contrast', className: 'hc-black' },
} as const;

/** Pictures test/out/THEME/NAME.png in light, dark and high contrast; dark is the theme afterwards. */
export async function photograph(instance: Instance, name: string): Promise<void> {
  for (const theme of ['light', 'high-contrast', 'dark'] as const) {
    const { setting, className } = THEMES[theme];
    instance.changeSettings({ 'workbench.colorTheme': setting });
    await until(`the theme ${setting}`, async () =>
      instance.page
        .locator('.monaco-workbench')
        .evaluate((workbench, name) => workbench.classList.contains(name), className),
    );
    // Webviews follow the theme by a message; hovers from the last click must be gone.
    await instance.page.mouse.move(720, 5);
    await instance.page.waitForTimeout(600);
    await instance.workbench.screenshot(`${theme}/${name}`);
  }
}
