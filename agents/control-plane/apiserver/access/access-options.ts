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
  /** --oidc-*: one issuer by flags. */
  readonly openId?: OpenIdFlags
  /** --authentication-config; '' is none. */
  readonly authenticationConfig: string
  readonly tokenWebhook?: { readonly kubeconfig: string; readonly version: string; readonly cacheMs: number }
  readonly authorizationModes: readonly string[]
  /** --authorization-config; '' is none, and the modes count. */
  readonly authorizationConfig: string
  /** --authorization-policy-file */
  readonly policyFile: string
  readonly accessWebhook?: { readonly kubeconfig: string; readonly version: string; readonly authorizedMs: number; readonly unauthorizedMs: number }
}

export interface OpenIdFlags {
  readonly issuer: string
  readonly clientId: string
  readonly usernameClaim: string
  readonly usernamePrefix: string
  readonly groupsClaim: string
  readonly groupsPrefix: string
  readonly requiredClaims: Readonly<Record<string, string>>
  readonly algorithms: readonly string[]
  readonly caFile: string
}
