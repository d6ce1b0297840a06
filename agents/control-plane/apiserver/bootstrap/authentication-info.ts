/**
 * How extension servers check who calls them: the ConfigMap kube-system/extension-apiserver-authentication.
 * Upstream: pkg/controlplane/controller/clusterauthenticationtrust.
 *
 *   AI1  Authorities are added to those that other API servers have put there, never taken away: each server may have its
 *        own. Ones whose time is over are dropped.
 *   AI2  It is looked at once a minute, and so follows changed files and mends what somebody has changed.
 */
import { X509Certificate } from 'node:crypto'
import { sleep } from '../../../base/clock.ts'
import { errorText } from '../../../base/log.ts'
import type { AuthorityTexts } from '../access/create-authentication.ts'
import type { FrontProxyNames } from '../access/front-proxy.ts'
import { isFields } from '../registry/kube-object.ts'
import type { KubeObject } from '../registry/kube-object.ts'
import { sameValue } from '../registry/object-equality.ts'
import { ensureObject } from './ensure-objects.ts'
import type { BootstrapDeps, WantedObject } from './ensure-objects.ts'

export interface AuthenticationInfo {
  readonly authorities: () => AuthorityTexts
  readonly frontProxy?: FrontProxyNames
}

const everyMs = 60_000

/** Runs until the signal aborts; calls back after the first time it has held. */
export async function keepAuthenticationInfo(info: AuthenticationInfo, deps: BootstrapDeps, onHeld: () => void, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let isHeld = false
    try {
      await ensureObject(wanted(info, deps.clock.now()), deps, signal)
      isHeld = true
      onHeld()
    } catch (error) {
      if (!signal.aborted) deps.log.warn('authentication info could not be published', { error: errorText(error) })
    }
    await sleep(deps.clock, isHeld ? everyMs : 500, signal).catch(() => {}) // AI2
  }
}

function wanted({ authorities, frontProxy }: AuthenticationInfo, nowMs: number): WantedObject {
  const { clientCa, frontProxyCa } = authorities()
  const fixed: Record<string, string> = frontProxy === undefined ? {} : {
    'requestheader-allowed-names': JSON.stringify(frontProxy.allowedNames),
    'requestheader-username-headers': JSON.stringify(frontProxy.userHeaders),
    'requestheader-uid-headers': JSON.stringify(frontProxy.uidHeaders),
    'requestheader-group-headers': JSON.stringify(frontProxy.groupHeaders),
    'requestheader-extra-headers-prefix': JSON.stringify(frontProxy.extraPrefixes),
  }
  const bundle = (text: string) => joinAuthorities('', text, nowMs)
  const own: Record<string, string> = { ...(clientCa === '' ? {} : { 'client-ca-file': bundle(clientCa) }), ...(frontProxyCa === '' ? {} : { 'requestheader-client-ca-file': bundle(frontProxyCa) }) }
  return {
    group: '',
    resource: 'configmaps',
    namespace: 'kube-system',
    object: { metadata: { name: 'extension-apiserver-authentication' }, data: { ...own, ...fixed } },
    mend: existing => mended(existing, own, fixed, nowMs),
  }
}

function mended(existing: KubeObject, own: Readonly<Record<string, string>>, fixed: Readonly<Record<string, string>>, nowMs: number): KubeObject | undefined {
  const known = isFields(existing['data']) ? (existing['data'] as Record<string, string>) : {}
  const joined = Object.fromEntries(Object.entries(own).map(([name, text]) => [name, joinAuthorities(known[name] ?? '', text, nowMs)]))
  const data = { ...known, ...fixed, ...joined }
  return sameValue(data, known) ? undefined : { ...existing, data }
}

/** AI1; what already holds everything stays letter by letter. */
export function joinAuthorities(known: string, own: string, nowMs: number): string {
  const blocks = (pem: string) => pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g) ?? []
  const isCurrent = (pem: string) => {
    try {
      return Date.parse(new X509Certificate(pem).validTo) > nowMs
    } catch {
      return false
    }
  }
  const before = blocks(known)
  const kept = before.filter(isCurrent)
  const missing = blocks(own).filter(block => !kept.includes(block))
  if (known !== '' && missing.length === 0 && kept.length === before.length) return known
  return `${[...kept, ...missing].join('\n')}\n`
}
