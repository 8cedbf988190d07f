/**
 * <spaces-limit-field>: a limit of the program as an editable text. Enter sets
 * it, Escape brings the present value back; what cannot be is said below.
 */
import { LitElement, html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { t } from '@vscode/l10n';
import type { LimitInput, LimitProblem } from '../../../adapter/src/protocol/limits';
import { sizeForEditing } from '../../../adapter/src/protocol/sizes';

@customElement('spaces-limit-field')
export class SpacesLimitField extends LitElement {
  /** null: no limit. */
  @property({ attribute: false }) value: number | null = null;
  @property() label = '';
  @property({ type: Boolean }) disabled = false;
  @property({ attribute: false }) read: (text: string) => LimitInput = () => ({ problem: 'syntax' });
  /** Sets the limit; resolves to why it was not set, or to undefined. */
  @property({ attribute: false }) apply: (bytes: number | null) => Promise<string | undefined> = () =>
    Promise.resolve(undefined);
  @state() private draft: string | undefined;
  @state() private failure: string | undefined;
  @state() private busy = false;

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult {
    const present = this.value === null ? '' : sizeForEditing(this.value);
    const edited = this.draft !== undefined && this.draft !== present;
    const input = edited ? this.read(this.draft ?? '') : undefined;
    const problem = input && 'problem' in input ? problemText(input.problem) : this.failure;
    return html`<div class="limit-field">
        <vscode-textfield
          .label=${this.label}
          .value=${this.draft ?? present}
          placeholder=${t('none')}
          ?disabled=${this.disabled || this.busy}
          ?invalid=${problem !== undefined}
          @input=${this.onInput}
          @keydown=${this.onKeyDown}
        ></vscode-textfield>
        ${
          edited && !problem
            ? html`<vscode-toolbar-button
                icon="check"
                label=${t('Set {0}', this.label)}
                title=${t('Set (Enter)')}
                @click=${() => void this.commit()}
              ></vscode-toolbar-button>`
            : nothing
        }
      </div>
      ${problem ? html`<div class="limit-problem" role="alert">${problem}</div>` : nothing}`;
  }

  private readonly onInput = (event: Event): void => {
    this.draft = (event.target as HTMLInputElement).value;
    this.failure = undefined;
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') {
      void this.commit();
    } else if (event.key === 'Escape' && this.draft !== undefined) {
      event.stopPropagation();
      this.draft = undefined;
      this.failure = undefined;
    }
  };

  private async commit(): Promise<void> {
    const input = this.draft === undefined ? undefined : this.read(this.draft);
    if (!input || 'problem' in input || this.busy) {
      return;
    }
    this.busy = true;
    this.failure = await this.apply(input.bytes);
    this.busy = false;
    if (this.failure === undefined) {
      this.draft = undefined;
    }
  }
}

function problemText(problem: LimitProblem): string {
  switch (problem) {
    case 'syntax':
      return t('No size: a number, or a number with KB, MB or GB.');
    case 'needed':
      return t('A size is needed; 0 for none.');
    case 'belowFootprint':
      return t('Below what is in use: it would be ignored.');
    case 'belowFloor':
      return t('Below the floor.');
    case 'aboveCeiling':
      return t('Above the ceiling.');
  }
}
