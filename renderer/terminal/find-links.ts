/**
 * What can be opened in a line of a terminal: addresses, and objects as kubectl names them (pod/web-1, deployment.apps/web).
 *
 *   LK1  An address ends before the punctuation of the sentence it stands in.
 *   LK2  An object's kind is one that the server has: by its plural, singular or short name, with or without its group.
 *   LK3  What is part of a path or an address is no object.
 */
import type { ResourceKind } from '../../electron/contract/resources.ts'

export type Link = { readonly start: number; readonly end: number } & ({ readonly address: string } | { readonly kind: ResourceKind; readonly name: string })

const addresses = /https?:\/\/[^\s"'<>`|]+/g
const objects = /(?<![\w/.:-])([a-z][a-z0-9.-]*)\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?![\w/:-])/g

/** @returns in the order of the line; `end` is exclusive. */
export function findLinks(line: string, kinds: readonly ResourceKind[]): readonly Link[] {
  const found: Link[] = []
  for (const { 0: text, index } of line.matchAll(addresses)) {
    const address = text.replace(/[.,;:!?)\]}]+$/, '') // LK1
    if (URL.canParse(address)) found.push({ start: index, end: index + address.length, address })
  }
  for (const { 0: text, 1: kindName, 2: name, index } of line.matchAll(objects)) {
    const kind = kinds.find(one => isCalled(one, kindName!))
    const end = index + text.length
    if (kind !== undefined && !found.some(other => index < other.end && end > other.start)) found.push({ start: index, end, kind, name: name! }) // LK3
  }
  return found.sort((one, other) => one.start - other.start)
}

/** LK2 */
function isCalled({ resource, kind, group, version, shortNames }: ResourceKind, name: string): boolean {
  const names = [resource, kind.toLowerCase(), ...shortNames]
  return names.includes(name) || (group !== '' && names.some(one => name === `${one}.${group}` || name === `${one}.${version}.${group}`))
}
