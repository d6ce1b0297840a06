import { describe, expect, test } from 'vitest'
import type { Plugin } from '../framework/plugin.ts'
import type { ProfileConfiguration } from './configuration.ts'
import { defaultConfiguration } from './configuration.ts'
import { enabledPlugins, overlay } from './enabled-plugins.ts'

const sort = { name: 'Sort', less: () => false }
const bind = { name: 'Bind', bind: () => Promise.resolve('bound') }
const scoring = (name: string) => ({ name, filter: () => ({ fits: true }), score: () => 0 })
const all = new Map<string, Plugin>([sort, bind, scoring('A'), scoring('B'), scoring('C'), { name: 'OnlyFilter', filter: () => ({ fits: true }) } as Plugin].map(plugin => [plugin.name, plugin as Plugin]))
const defaults = [{ name: 'Sort' }, { name: 'A', weight: 3 }, { name: 'B', weight: 2 }, { name: 'Bind' }]
const none = defaultConfiguration([]).profiles[0]!.plugins

function setOf(plugins: Partial<ProfileConfiguration['plugins']>) {
  const set = enabledPlugins({ schedulerName: 'test', plugins: { ...none, ...plugins } }, defaults, name => all.get(name)!)
  return { filter: set.filter.map(({ name }) => name), score: set.score.map(({ plugin, weight }) => `${plugin.name}=${weight}`) }
}

describe('enabled plugins', () => {
  test('PS1 without a word the default plugins serve what they can', () => {
    expect(setOf({})).toEqual({ filter: ['A', 'B'], score: ['A=3', 'B=2'] })
  })

  test('EP1 multiPoint adds, replaces in place and disables', () => {
    expect(overlay(defaults, { enabled: [{ name: 'C' }, { name: 'A', weight: 9 }], disabled: ['B'] })).toEqual([{ name: 'Sort' }, { name: 'A', weight: 9 }, { name: 'Bind' }, { name: 'C' }])
    expect(overlay(defaults, { enabled: [{ name: 'C' }], disabled: ['*'] })).toEqual([{ name: 'C' }])
  })

  test('EP2 a plugin enabled at a point comes first there if multiPoint has it too, last otherwise', () => {
    expect(setOf({ filter: { enabled: [{ name: 'C' }, { name: 'B' }], disabled: [] } }).filter).toEqual(['B', 'A', 'C'])
  })

  test('EP2 a plugin can be disabled at one point alone, or all of them', () => {
    expect(setOf({ score: { enabled: [], disabled: ['A'] } })).toEqual({ filter: ['A', 'B'], score: ['B=2'] })
    expect(setOf({ score: { enabled: [{ name: 'C' }], disabled: ['*'] } }).score).toEqual(['C=1'])
  })

  test('EP3 the weight of the point counts before that of multiPoint', () => {
    expect(setOf({ score: { enabled: [{ name: 'B', weight: 7 }], disabled: [] } }).score).toEqual(['B=7', 'A=3'])
  })

  test('EP4 what cannot work is refused', () => {
    expect(() => setOf({ score: { enabled: [{ name: 'OnlyFilter' }], disabled: [] } })).toThrow('plugin "OnlyFilter" does not serve score')
    expect(() => setOf({ queueSort: { enabled: [], disabled: ['*'] } })).toThrow('exactly one QueueSort plugin is needed, but 0 are enabled')
    expect(() => setOf({ bind: { enabled: [], disabled: ['*'] } })).toThrow('at least one Bind plugin is needed')
    expect(() => setOf({ filter: { enabled: [{ name: 'A' }, { name: 'A' }], disabled: [] } })).toThrow('enabled twice at filter')
  })
})
