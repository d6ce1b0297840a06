import { expect, test } from 'vitest'
import { seededRandom } from '../../../base/random.ts'
import type { FilterPlugin } from '../framework/plugin.ts'
import { pluginSetOf } from '../framework/plugin-set.ts'
import { fits } from '../framework/verdict.ts'
import { cluster, node, pod } from '../testing/scenario.ts'
import { AnswersByNode, KeptAnswers, signedFilters } from './kept-answers.ts'
import { schedulePod } from './schedule-pod.ts'

function countingPlugin(name: string, isSigned: boolean): FilterPlugin & { asked: string[] } {
  const asked: string[] = []
  return { name, asked, filter: (_, here) => { asked.push(here.name); return fits }, ...(isSigned ? { sign: () => 'same' } : {}) }
}

test('KA1 KA2 an unchanged node is not asked the same again, a changed one is', () => {
  const signing = countingPlugin('Signing', true)
  const plugins = pluginSetOf([{ plugin: signing }])
  const two = cluster([{ node: node('a') }, { node: node('b') }])
  const decide = () => schedulePod(pod('p'), two, { plugins, random: seededRandom(1), percentageOfNodesToScore: 100, hasExtenderFilters: true })
  decide()
  decide()
  expect(signing.asked).toEqual(['a', 'b'])
  two.assume(pod('x'), 'b')
  decide()
  expect(signing.asked).toEqual(['a', 'b', 'b'])
})

test('KA2 a new node in the place of an old one is asked', () => {
  const answers = new AnswersByNode<string>()
  const one = cluster([{ node: node('a') }])
  const askAll = () => one.nodes.map(view => answers.of(view) ?? answers.keep(view, view.name))
  askAll()
  one.removeNode('a')
  one.setNode(node('b'))
  expect(askAll()).toEqual(['b'])
})

test('KA3 filters behind the first that does not sign are asked every time', () => {
  const [first, second, third] = [countingPlugin('First', true), countingPlugin('Second', false), countingPlugin('Third', true)]
  const plugins = pluginSetOf([{ plugin: first }, { plugin: second }, { plugin: third }])
  expect(signedFilters(pod('p'), plugins.filter).count).toBe(1)
  const one = cluster([{ node: node('a') }])
  for (let times = 0; times < 3; times++) schedulePod(pod('p'), one, { plugins, random: seededRandom(1) })
  expect([first, second, third].map(plugin => plugin.asked.length)).toEqual([1, 3, 3])
})

test('KA4 imagined nodes are always asked, and old texts are forgotten', () => {
  const answers = new AnswersByNode<number>()
  const imagined = cluster([{ node: node('a') }]).nodes[0]!.imagine()
  expect(answers.keep(imagined, 1)).toBe(1)
  expect(answers.of(imagined)).toBeUndefined()
  const kept = new KeptAnswers()
  const first = kept.to('first')
  for (let index = 0; index < 63; index++) kept.to(`other ${index}`)
  expect(kept.to('first')).toBe(first)
  for (let index = 0; index < 64; index++) kept.to(`more ${index}`)
  expect(kept.to('first')).not.toBe(first)
})
