/** What the command line says about access; files are named here and read by whoever watches them. */
import type { KeyObject } from 'node:crypto'
import type { FrontProxyNames } from './front-proxy.ts'

export interface AccessOptions {
  /** '' is none. */
  readonly clientCaFile: string
  readonly frontProxy?: { readonly caFile: string; readonly names: FrontProxyNames }
  readonly anonymous: boolean
  readonly tokenFile: string
  readonly bootstrapTokens: boolean
  readonly audiences: readonly string[]
  readonly serviceAccounts?: {
    readonly signing: KeyObject
    readonly verifying: readonly KeyObject[]
    readonly issuers: readonly string[]
    readonly jwksUri: string
    readonly extend: boolean
    readonly maxSeconds: number
  }
  readonly authorizationModes: readonly string[]
}
