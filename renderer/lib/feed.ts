/** What is known of something that is followed. */
export type Feed<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'live'; readonly items: readonly T[] }
  /** The last that was known, and why nothing newer comes. */
  | { readonly state: 'lost'; readonly items: readonly T[]; readonly reason: string }

export function itemsOf<T>(feed: Feed<T>): readonly T[] {
  return feed.state === 'waiting' ? [] : feed.items
}
