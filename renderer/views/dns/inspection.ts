/** What the name server answers at /debug/inspect, as this room reads it. */
export interface AskedQuestion {
  readonly at: string
  readonly client: string
  /** Name and type. */
  readonly question: string
  readonly code: string
  readonly answers: number
}

/** What it answers for. */
export interface ZoneSize {
  readonly services: number
  readonly slices: number
}

/** What one name stands for in its zone. */
export type ZoneLookup = { readonly exists: false } | { readonly exists: true; readonly records: readonly ({ readonly type: string } & Readonly<Record<string, unknown>>)[] }
