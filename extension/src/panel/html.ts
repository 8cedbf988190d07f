/**
 * The page that hosts the inspector. Its content-security policy allows our
 * own script by nonce and our own style sheets and fonts, and nothing else.
 */

export interface PageParts {
  /** Source of local resources, as VS Code names it for this panel. */
  cspSource: string;
  nonce: string;
  script: string;
  styles: string;
  codicons: string;
  /** Language of VS Code, for the page's lang attribute. */
  language: string;
  title: string;
  /** Translations, key → text; undefined in English. */
  translations: Readonly<Record<string, unknown>> | undefined;
}

export function pageOf(parts: PageParts): string {
  const policy = [
    "default-src 'none'",
    `img-src ${parts.cspSource} data:`,
    `font-src ${parts.cspSource}`,
    `style-src ${parts.cspSource} 'nonce-${parts.nonce}'`,
    `script-src 'nonce-${parts.nonce}'`,
  ].join('; ');
  const translations = parts.translations ? JSON.stringify(parts.translations) : '';
  return `<!DOCTYPE html>
<html lang="${escapeHtml(parts.language)}">
<head>
  <meta charset="UTF-8">
  <meta http-equiv="Content-Security-Policy" content="${escapeHtml(policy)}">
  <meta name="viewport" content="width=device-width, initial-scale=1.0">
  <link rel="stylesheet" id="vscode-codicon-stylesheet" nonce="${parts.nonce}" href="${escapeHtml(parts.codicons)}">
  <link rel="stylesheet" nonce="${parts.nonce}" href="${escapeHtml(parts.styles)}">
  <title>${escapeHtml(parts.title)}</title>
</head>
<body data-translations="${escapeHtml(translations)}">
  <spaces-inspector></spaces-inspector>
  <script type="module" nonce="${parts.nonce}" src="${escapeHtml(parts.script)}"></script>
</body>
</html>`;
}

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}
