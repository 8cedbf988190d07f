/**
 * `${cssVars({ '--fill': '40%' })}` on an element sets CSS variables through
 * the object model: the content-security policy forbids style attributes.
 */
import { noChange } from 'lit';
import { directive, Directive, PartType, type ElementPart, type PartInfo } from 'lit/directive.js';

type Variables = Readonly<Record<`--${string}`, string>>;

class CssVars extends Directive {
  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) {
      throw new Error('cssVars stands in the place of an attribute, not in one.');
    }
  }

  override render(_variables: Variables): typeof noChange {
    return noChange;
  }

  override update(part: ElementPart, [variables]: [Variables]): typeof noChange {
    const { style } = part.element as HTMLElement;
    Object.entries(variables).forEach(([name, value]) => style.setProperty(name, value));
    return noChange;
  }
}

export const cssVars = directive(CssVars);

/** 0.4 → "40%". */
export function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)}%`;
}
