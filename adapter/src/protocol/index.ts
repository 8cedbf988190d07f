/**
 * The whole wire contract beside DAP, types only: what travels between the
 * adapter and its client (`spaces/*` requests and events), between the
 * extension and the webview (`HostMessage`, `PanelMessage`), and between the
 * allocator's agent and the adapter (`AgentRecord`).
 *
 * Addresses are lower-case hex strings with a `0x` prefix. Sizes are bytes.
 * Every request can fail; a failure is a DAP error response whose `message` is
 * one sentence for the user. Names, paths and messages come from the program
 * as they are: whoever shows them escapes them.
 */
export * from './agent';
export * from './asking';
export * from './blocks';
export * from './companion';
export * from './exports';
export * from './findWrite';
export * from './launch';
export * from './leaks';
export * from './lists';
export * from './map';
export * from './panel';
export * from './questions';
export * from './requests';
export * from './snapshots';
export * from './values';
export * from './watches';

/** Version of this contract; a client that meets another one says so. */
export const PROTOCOL_VERSION = 2;
