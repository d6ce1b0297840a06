import { describe, expect, test } from 'vitest'
import { decisionTable } from './decision-table.ts'

const part = (weighted: number) => ({ raw: weighted, normalized: weighted, weighted })

describe('a decision as a table', () => {
  const table = decisionTable({
    verdicts: [{ node: 'full', plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'], curable: true }, { node: 'tainted', plugin: 'TaintToleration', reasons: ['untolerated taint'], curable: false }],
    scores: [{ node: 'poor', total: 10, parts: { ImageLocality: part(10) } }, { node: 'good', total: 90, parts: { ImageLocality: part(60), NodeAffinity: part(30) } }],
  })

  test('DT1 a column for each plugin that had something to say, filters first', () => {
    expect([...table.filters, ...table.scorers]).toEqual(['NodeResourcesFit', 'TaintToleration', 'ImageLocality', 'NodeAffinity'])
    expect(table.rows.every(row => row.cells.length === 4)).toBe(true)
  })

  test('DT2 a rejected node shows one verdict only', () => {
    expect(table.rows.find(row => row.node === 'tainted')!.cells.map(cell => cell.type)).toEqual(['none', 'rejected', 'none', 'none'])
  })

  test('DT3 the best node comes first, rejected ones last', () => {
    expect(table.rows.map(row => row.node)).toEqual(['good', 'poor', 'full', 'tainted'])
  })

  test('DT3 the one node that fits is there without a score', () => {
    expect(decisionTable({ verdicts: [{ node: 'full', plugin: 'NodeResourcesFit', reasons: ['Insufficient cpu'], curable: true }], scores: [] }, 'free').rows.map(({ node, total, cells }) => ({ node, total, cells: cells.map(cell => cell.type) }))).toEqual([{ node: 'free', total: null, cells: ['passed'] }, { node: 'full', total: null, cells: ['rejected'] }])
  })

  test('a decision of which nothing is kept is an empty table', () => {
    expect(decisionTable({})).toEqual({ filters: [], scorers: [], rows: [] })
  })
})
