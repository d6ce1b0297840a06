/**
 * What can be opened in a line of a terminal: addresses of the lab, and objects as kubectl names them (pod/web-1, deployment.apps/web).
 *
 *   LK1  An address ends before the punctuation of the sentence it stands in, and leads to this machine or a machine of the lab: no other is a link.
 *   LK2  An object's kind is one that the server has: by its plural, singular or short name, with or without its group.
 *   LK3  What is part of a path or an address is no object.
 */
import type { ResourceKind } from '../../electron/contract/resources.ts'

export type Link = { readonly text: string; readonly start: number; readonly end: number } & ({ readonly address: string } | { readonly kind: ResourceKind; readonly name: string })

/** What the lab has now. */
export interface LinkSources {
  readonly kinds: readonly ResourceKind[]
  /** Addresses of the lab's machines. */
  readonly hosts: readonly string[]
}

const addresses = /\bhttps?:\/\/[^\s"'<>`|]+/g
const objects = /(?<![\w/.:-])([a-z][a-z0-9.-]*)\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?![\w/:-])/g

/** @returns in the order of the line; `end` is exclusive. */
export function findLinks(line: string, { kinds, hosts }: LinkSources): readonly Link[] {
  const found: Link[] = []
  const foreign: { readonly start: number; readonly end: number }[] = []
  for (const { 0: text, index: start } of line.matchAll(addresses)) {
    const address = text.replace(/[.,;:!?)\]}]+$/, '')
    const end = start + address.length
    if (isOfLab(address, hosts)) found.push({ text: address, start, end, address }) // LK1
    else foreign.push({ start, end })
  }
  for (const { 0: text, 1: kindName, 2: name, index: start } of line.matchAll(objects)) {
    const kind = kinds.find(one => isCalled(one, kindName!))
    const end = start + text.length
    if (kind !== undefined && ![...found, ...foreign].some(other => start < other.end && end > other.start)) found.push({ text, start, end, kind, name: name! }) // LK3
  }
  return found.sort((one, other) => one.start - other.start)
}

/** LK1 */
function isOfLab(address: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(address)) return false
  const { hostname } = new URL(address)
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname) || hosts.includes(hostname)
}

/** LK2 */
function isCalled({ resource, kind, group, version, shortNames }: ResourceKind, name: string): boolean {
  const names = [resource, kind.toLowerCase(), ...shortNames]
  return names.includes(name) || (group !== '' && names.some(one => name === `${one}.${group}` || name === `${one}.${version}.${group}`))
}
