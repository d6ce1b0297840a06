/**
 * Plays every file of conversations/ with the kubectls of this machine and compares what they say. GOLDEN=write puts
 * what was said into the files, for review.
 *
 *   CT1  Everything is asked with the newest kubectl; what starts with `%versions all` with each of them.
 *   CT2  A conversation has its own namespace, named after its file (and the version, where every one is asked), so
 *        several are played at once.
 *   CT3  A version that is not on this machine is taken at its word.
 *   CT4  None is tried again, since what the first try made is still there.
 *   CT5  KUBECTL=1.33 asks this version alone, and writes its answers beside those of younger ones.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { findKubectls } from '../integration/kubectl.ts'
import { covers, mergeAnswers, parseConversation, renderConversation } from './conversation.ts'
import type { Answer, Conversation, Entry } from './conversation.ts'
import { createPlayer, playConversation } from './play.ts'
import { openStage } from './stage.ts'
import type { Stage } from './stage.ts'

const folder = process.env['CONVERSATIONS'] ?? join(import.meta.dirname, 'conversations')
const only = process.env['KUBECTL']
const players = findKubectls().filter(({ version }) => only === undefined || version === only).map(createPlayer)
const stages = new Map<Conversation['stage'], Promise<Stage>>()

function stageFor(kind: Conversation['stage']): Promise<Stage> {
  const opened = stages.get(kind) ?? openStage(kind)
  stages.set(kind, opened)
  return opened
}

afterAll(async () => {
  for (const stage of stages.values()) await (await stage)[Symbol.asyncDispose]()
  for (const player of players) player[Symbol.dispose]()
})

/** The entries with what each version said in the place of what stands in the file. */
function withAnswers(entries: readonly Entry[], said: ReadonlyMap<number, readonly (Answer | undefined)[]>): Entry[] {
  let index = -1
  return entries.map(entry => {
    if (entry.kind !== 'command') return entry
    index++
    const given = new Map<number, Answer>()
    for (const [minor, answers] of said) {
      const answer = answers[index]
      if (covers(entry.only, minor) && answer !== undefined) given.set(minor, answer)
    }
    return given.size === 0 ? entry : mergeAnswers(entry, given, only !== undefined)
  })
}

describe.skipIf(players.length === 0)('conversations', { concurrent: true, retry: 0 }, () => {
  test.each(readdirSync(folder).filter(name => name.endsWith('.txt')).sort())('%s', async name => {
    const text = readFileSync(join(folder, name), 'utf8')
    const conversation = parseConversation(text)
    const stage = await stageFor(conversation.stage)
    const topic = basename(name, '.txt')
    const said = new Map<number, readonly (Answer | undefined)[]>()
    await Promise.all((conversation.everyVersion ? players : players.slice(-1)).map(async player => { // CT1
      const namespace = conversation.everyVersion ? `${topic}-${player.minor}` : topic // CT2
      const answers = await playConversation(player, conversation.entries, await stage.enter(namespace))
      said.set(player.minor, answers.map(answer => answer === undefined ? undefined : { ...answer, stdout: answer.stdout.replaceAll(namespace, topic), stderr: answer.stderr.replaceAll(namespace, topic) }))
    }))
    const played = renderConversation(withAnswers(conversation.entries, said)) // CT3
    if (process.env['GOLDEN'] === 'write') writeFileSync(join(folder, name), played)
    else expect(played).toBe(text)
  }, 900_000)
})
