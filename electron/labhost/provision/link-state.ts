/** In the order a link lives through them; connecting, up and down alternate. */
export type LinkPhase = 'idle' | 'connecting' | 'up' | 'down' | 'closed'

export interface LinkState {
  readonly phase: LinkPhase
  /** Wall time of the last change of phase. */
  readonly since: number
  /** Why it is not up, as one line for the user; null while it is. */
  readonly problem: string | null
  /** How many times it has come up so far. */
  readonly connects: number
}

export type PublicationPhase = 'waiting' | 'published'

/** One address on the machine that leads back to the desktop. */
export interface PublicationState {
  readonly address: string
  readonly port: number
  readonly phase: PublicationPhase
  readonly problem: string | null
  readonly connections: number
}
