/**
 * What our API server answers to the survey, beside what kube-apiserver 1.36.0 answered (survey-lines.ts). GOLDEN=write puts
 * our differences into survey/differences.txt, those without a reason below "Not explained yet."; with TEST_APISERVER, the
 * answers of that server into survey/upstream-1.36.txt.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startControlPlane } from '../integration/control-plane.ts'
import { rawApi } from '../integration/raw-api.ts'
import { compactSurvey, compareSurveys, readDifferences, readSurvey, renderDifferences, renderSurvey } from './survey-lines.ts'
import { survey } from './survey.ts'

const folder = join(import.meta.dirname, 'survey')
const upstreamFile = join(folder, 'upstream-1.36.txt')
const differencesFile = join(folder, 'differences.txt')

test('the survey finds what upstream answers, but for what is explained', async () => {
  const isUpstream = process.env['TEST_APISERVER'] !== undefined
  await using plane = await startControlPlane(isUpstream ? { store: 'real' } : {})
  const lines = compactSurvey(await survey(rawApi(plane)))
  if (isUpstream) {
    if (process.env['GOLDEN'] === 'write') writeFileSync(upstreamFile, renderSurvey(lines))
    else expect(renderSurvey(lines)).toBe(readFileSync(upstreamFile, 'utf8'))
    return
  }
  const known = readFileSync(differencesFile, 'utf8')
  const found = renderDifferences(compareSurveys(readSurvey(readFileSync(upstreamFile, 'utf8')), lines, readDifferences(known)))
  if (process.env['GOLDEN'] === 'write') writeFileSync(differencesFile, found)
  else expect(found).toBe(known)
})
