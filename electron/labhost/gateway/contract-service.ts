/** What a gateway serves: a function a call and a stream a feed. Arguments arrive unchecked and are checked inside. */
import type { CallName, FeedName, ItemOf, ReplyOf } from '../../contract/lab-contract.ts'

export type CallTable = { readonly [N in CallName]: (given: unknown) => Promise<ReplyOf<N>> | ReplyOf<N> }
export type FeedTable = { readonly [N in FeedName]: (given: unknown, signal: AbortSignal) => AsyncIterable<ItemOf<N>> }

export interface ContractService {
  readonly calls: CallTable
  readonly feeds: FeedTable
  /** How an error thrown by a call or feed crosses the wire. */
  readonly errorOf: (error: unknown) => { readonly code: 'invalid-argument' | 'not-found' | 'already-exists' | 'conflict' | 'unsupported' | 'unavailable' | 'failed'; readonly message: string }
}
