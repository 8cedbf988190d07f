/** Entry point of the page: connects the model to VS Code's message port and to the views. */
import '@vscode-elements/elements/dist/vscode-badge/index.js';
import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-option/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import '@vscode-elements/elements/dist/vscode-single-select/index.js';
import '@vscode-elements/elements/dist/vscode-tab-header/index.js';
import '@vscode-elements/elements/dist/vscode-tab-panel/index.js';
import '@vscode-elements/elements/dist/vscode-tabs/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import '@vscode-elements/elements/dist/vscode-toolbar-button/index.js';
import 'uplot/dist/uPlot.min.css';
import { config } from '@vscode/l10n';
import type { HostMessage } from '../../adapter/src/protocol';
import { Inspector } from './model/inspector';
import type { HostPort } from './model/port';
import './parts/cells';
import './parts/flame';
import './parts/grid';
import './parts/limitField';
import './parts/timeline';
import './parts/treemap';
import './styles/base.css';
import './styles/grid.css';
import './styles/overview.css';
import './styles/ceilings.css';
import './styles/reports.css';
import './styles/pictures.css';
import './styles/block.css';
import './styles/snapshots.css';
import './styles/leaks.css';
import { SpacesInspector } from './views/app';

declare function acquireVsCodeApi(): HostPort;

const translations = document.body.dataset['translations'];
if (translations) {
  config({ contents: translations });
}

const inspector = new Inspector(acquireVsCodeApi());
const app = document.querySelector('spaces-inspector');
if (app instanceof SpacesInspector) {
  app.attach(inspector);
}
window.addEventListener('message', (event: MessageEvent<HostMessage>) => inspector.receive(event.data));
inspector.start();
