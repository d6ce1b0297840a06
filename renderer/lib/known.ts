/** What is known of one thing that is followed. */
export type Known<T> =
  | { readonly state: 'waiting' }
  | { readonly state: 'live'; readonly value: T }
  /** The last that was known, if anything, and why nothing newer comes. */
  | { readonly state: 'lost'; readonly value: T | null; readonly reason: string }

export function valueOf<T>(known: Known<T>): T | null {
  return known.state === 'waiting' ? null : known.value
}
