/** What would let a rejected pod onto a node, as data: told to people who ask why a pod is pending. */
export type Cure =
  | { readonly kind: 'free-resource'; readonly node: string; readonly resource: string; /** In the unit of the resource, as a quantity: "100m". */ readonly amount: string }
  | { readonly kind: 'larger-node'; readonly node: string; readonly resource: string; readonly amount: string }
  | { readonly kind: 'toleration'; readonly node: string; readonly taint: { readonly key: string; readonly value?: string; readonly effect: string } }
  | { readonly kind: 'uncordon'; readonly node: string }
  | { readonly kind: 'node-label'; readonly node: string; readonly key: string; readonly operator: string; readonly values: readonly string[] }
  | { readonly kind: 'free-port'; readonly node: string; readonly protocol: string; readonly port: number; readonly ip: string }
  | { readonly kind: 'pod-in-domain'; readonly node: string; readonly topologyKey: string; readonly selector: string }
  | { readonly kind: 'no-pod-in-domain'; readonly node: string; readonly topologyKey: string; readonly selector: string }
  | { readonly kind: 'skew'; readonly node: string; readonly topologyKey: string; readonly fewerPods: number }
  | { readonly kind: 'gate'; readonly gates: readonly string[] }
  | { readonly kind: 'volume'; readonly node?: string; readonly claim?: string; readonly text: string }
  | { readonly kind: 'device'; readonly node?: string; readonly claim?: string; readonly text: string }
  | { readonly kind: 'other'; readonly node?: string; readonly text: string }
