/** What the name server answers at /debug/inspect, as this room reads it. */
export interface AskedQuestion {
  readonly at: string
  readonly client: string
  /** Name and type. */
  readonly question: string
  readonly code: string
  readonly answers: number
}
