/** What a component knows, as it changes, and the questions and orders that its inspection API takes. */

export type InspectionItem =
  /** What the component answers now; its form is the component's own. */
  | { readonly state: 'known'; readonly value: unknown }
  /** It does not answer; items begin anew when it does. */
  | { readonly state: 'lost'; readonly reason: string }

type None = Readonly<Record<string, never>>

export interface InspectionCalls {
  /** Holds one controller of a controller manager, lets it go, or lets one key through. */
  'components/steer': { arguments: { readonly lab: string; readonly component: string; readonly controller: string; readonly verb: 'pause' | 'resume' | 'step' }; reply: None }
  /** Where the pods of a manifest would go, and why, without making them. */
  'scheduler/what-if': { arguments: { readonly lab: string; readonly manifest: string; readonly count: number }; reply: unknown }
}

export interface InspectionFeeds {
  /** The subject's value at once, then again whenever it has changed; looked at once a second while somebody follows. */
  'components/inspection': { arguments: { readonly lab: string; readonly component: string; readonly subject: string }; item: InspectionItem }
}
