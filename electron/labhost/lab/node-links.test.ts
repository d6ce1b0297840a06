import { beforeEach, expect, test } from 'vitest'
import { NodeLinks } from './node-links.ts'

const nodes = ['a', 'b'].map((name, index) => ({ name, mac: `52:54:00:30:00:0${index + 1}`, isOwnKernel: true }))
const link = { from: 'a', to: 'b' }
let asked: string[]
let refusal: { readonly program: string; readonly stderr: string } | null
let links: NodeLinks

beforeEach(() => {
  asked = []
  refusal = null
  links = new NodeLinks(() => nodes, async (node, argv, stdin = '') => {
    asked.push(`${node} ${argv.slice(0, 3).join(' ')} ${/comment "\d+ (?!passed)\w+"/g.exec(stdin)?.[0] ?? ''}`.trim())
    const isRefused = refusal?.program === argv[0]
    return { code: isRefused ? 1 : 0, signal: null, stdout: argv[1] === '-j' ? '{"nftables": []}' : '', stderr: isRefused ? refusal!.stderr : '' }
  })
})

test('ND1 each change writes the rules of the node whole, also those of others', async () => {
  await links.impair('user', link, { down: true })
  await links.impair('fault-1', { from: '*', to: 'b' }, { block: 'icmp' })
  await links.clear('fault-1')
  await links.impair('user', link, null)
  expect(asked).toEqual(['b nft -f - comment "0 down"', 'b nft -f - comment "1 block"', 'b nft -f - comment "0 down"', 'b nft -f -'])
})

test('ND1 a machine that has started anew gets its rules again, another is left alone', async () => {
  await links.impair('user', link, { down: true })
  asked = []
  await links.startedAnew('a')
  await links.startedAnew('b')
  expect(asked).toEqual(['b nft -f - comment "0 down"'])
})

test('ND2 a kernel without netem is named as the reason, and nothing has changed', async () => {
  refusal = { program: 'tc', stderr: 'Error: Specified qdisc kind is unknown.\n' }
  await expect(links.impair('user', { from: 'a', to: '*' }, { delay: { ms: 20 } })).rejects.toThrow('the kernel of a has no sch_netem, which holds and changes packets (tc: Error: Specified qdisc kind is unknown.); down, block and loss can be had without it')
  expect(links.impairmentsOf('user', { from: 'a', to: '*' })).toEqual({})
  expect(await links.states()).toEqual([])
})

test('ND3 a lab host that starts clears what an earlier one has left', async () => {
  await links.writeAll()
  expect(asked).toEqual(['a nft -f -', 'b nft -f -'])
})

test('two who change a node at once both have their way', async () => {
  await Promise.all([links.impair('one', link, { down: true }), links.impair('two', link, { loss: { model: 'every', nth: 2 } })])
  expect((await links.states()).map(({ owner }) => owner)).toEqual(['one', 'two'])
})
