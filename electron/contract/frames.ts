/**
 * What travels between lab host and client: one JSON object a message.
 *
 *   client -> host   {id, call, arguments}   {id, follow, arguments}   {id, cancel: true}
 *   host -> client   {id, reply}   {id, item}   {id, end: true}   {id, error: {code, message}}
 *
 * `id` is chosen by the client, unique while in use. A follow ends with `end` or `error`; a call has one answer.
 */
import type { CallName, FeedName } from './lab-contract.ts'

export type ClientFrame =
  | { readonly id: number; readonly call: CallName; readonly arguments: unknown }
  | { readonly id: number; readonly follow: FeedName; readonly arguments: unknown }
  | { readonly id: number; readonly cancel: true }

export type HostFrame =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly item: unknown }
  | { readonly id: number; readonly end: true }
  | { readonly id: number; readonly error: ContractError }

/** All failures that cross the wire. `message` is one paragraph: what, where, what to do. */
export interface ContractError {
  readonly code: 'invalid-argument' | 'not-found' | 'already-exists' | 'conflict' | 'unsupported' | 'unavailable' | 'failed'
  readonly message: string
}
