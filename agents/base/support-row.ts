/**
 * What a room says about one feature beside upstream's, for docs/support.md. A room lists its rows in its `support.ts`
 * (`export const support: readonly SupportRow[]`), which build/support-page.ts finds by its name.
 *
 *   SR1  same: as upstream documents it. partial: what is missing is the reason. absent: refused by name, or not served.
 *   SR2  partial and absent carry a reason; one short line.
 */
export type SupportLevel = 'same' | 'partial' | 'absent'

export interface SupportRow {
  /** The heading under which it stands: "Access", "Admission"… */
  readonly area: string
  readonly feature: string
  readonly level: SupportLevel
  readonly reason?: string
}

/** Rows of features that are upstream's. */
export function same(area: string, ...features: readonly string[]): SupportRow[] {
  return features.map(feature => ({ area, feature, level: 'same' }))
}

export function partial(area: string, feature: string, reason: string): SupportRow {
  return { area, feature, level: 'partial', reason }
}

export function absent(area: string, feature: string, reason: string): SupportRow {
  return { area, feature, level: 'absent', reason }
}
