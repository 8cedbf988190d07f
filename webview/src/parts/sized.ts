/** A custom element that knows how large it is drawn and that draws again when the theme changes. */
import { LitElement } from 'lit';
import { state } from 'lit/decorators.js';

export abstract class SizedElement extends LitElement {
  @state() protected width = 0;
  @state() protected height = 0;
  private readonly sizes = new ResizeObserver(() => {
    this.width = Math.floor(this.clientWidth);
    this.height = Math.floor(this.clientHeight);
  });
  /** VS Code changes the body's class and variables with the theme. */
  private readonly themes = new MutationObserver(() => this.requestUpdate());

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
    this.themes.observe(document.body, {
      attributes: true,
      attributeFilter: ['class', 'data-vscode-theme-id'],
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.themes.disconnect();
  }
}

/** `text` cut to what `pixels` hold of it in the interface's font; '' where that is next to nothing. */
export function fitText(text: string, pixels: number): string {
  const letters = Math.floor(pixels / 7);
  return letters < 3 ? '' : text.length <= letters ? text : `${text.slice(0, letters - 1)}…`;
}

const SHADES = 6;

/** A shade for each name, in the order in which the names come: neighbours differ. */
export function shadesOf(names: Iterable<string>): ReadonlyMap<string, number> {
  return new Map([...new Set(names)].map((name, index) => [name, index % SHADES]));
}
