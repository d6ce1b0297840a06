/** Terminals live in the lab host, so that they survive a reload of the page. Data is text in UTF-8. */

export type TerminalTarget =
  /** A shell on the desktop machine with kubectl and the lab's kubeconfig on it. */
  | { readonly type: 'kubectl' }
  | { readonly type: 'ssh'; readonly node: string }
  /** The serial console of a virtual machine. */
  | { readonly type: 'console'; readonly node: string }
  /** What a component writes into its log, or a machine on its serial line, as it is written; takes no input. */
  | { readonly type: 'log'; readonly source: string }
  | { readonly type: 'exec'; readonly namespace: string; readonly pod: string; readonly container: string; readonly command: readonly string[] }

export interface TerminalInfo {
  readonly id: string
  readonly lab: string
  readonly target: TerminalTarget
  readonly openedAt: string
  /** null while it runs; of a program that a signal ended 128 and the signal's number, as shells have it. */
  readonly exitCode: number | null
}

type None = Readonly<Record<string, never>>

export interface TerminalCalls {
  'terminals/open': { arguments: { readonly lab: string; readonly target: TerminalTarget; readonly columns: number; readonly rows: number }; reply: TerminalInfo }
  'terminals/input': { arguments: { readonly id: string; readonly data: string }; reply: None }
  'terminals/resize': { arguments: { readonly id: string; readonly columns: number; readonly rows: number }; reply: None }
  'terminals/close': { arguments: { readonly id: string }; reply: None }
  'terminals/list': { arguments: { readonly lab: string | null }; reply: readonly TerminalInfo[] }
}

export interface TerminalFeeds {
  /** What is still in the scrollback, then what comes; ends when the terminal does. */
  'terminals/output': { arguments: { readonly id: string }; item: { readonly data: string } }
}
