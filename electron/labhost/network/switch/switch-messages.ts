/** What is said between the lab host and the thread of a switch. Every question has one answer, in any order. */
import type { LinkImpairments, LinkName } from '../../../contract/links.ts'
import type { CaptureOptions } from '../capture/capture-tap.ts'
import type { RouterPlan } from '../routing/router-plan.ts'

export type SwitchQuestion =
  | { readonly ask: 'attach'; readonly port: string; readonly socketPath: string; readonly network: string }
  | { readonly ask: 'detach'; readonly port: string }
  | { readonly ask: 'route'; readonly routers: readonly RouterPlan[] }
  | { readonly ask: 'state' }
  | { readonly ask: 'impair'; readonly owner: string; readonly link: LinkName; readonly impairments: LinkImpairments | null }
  | { readonly ask: 'clear'; readonly owner: string }
  | { readonly ask: 'capture'; readonly capture: number; readonly options: CaptureOptions }
  | { readonly ask: 'taken'; readonly capture: number; /** Of the piece, given back. */ readonly memory: ArrayBuffer }
  | { readonly ask: 'end-capture'; readonly capture: number }
  | { readonly ask: 'usage' }

export type ToSwitch = { readonly id: number } & SwitchQuestion

export type FromSwitch =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly failed: string; readonly isExpression: boolean }
  | { readonly capture: number; readonly piece: Uint8Array<ArrayBuffer>; readonly dropped: number }
  | { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
