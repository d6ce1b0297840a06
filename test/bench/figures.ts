/** Figures as they are printed: minimum, median, maximum over the rounds, beside the target where there is one. */
export interface Figure {
  readonly name: string
  readonly unit: 's' | 'ms' | 'MB'
  readonly values: readonly number[]
  readonly target?: number
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export function renderFigures(figures: readonly Figure[]): string {
  const digits = (unit: Figure['unit']) => (unit === 's' ? 2 : 0)
  const rows = figures.filter(figure => figure.values.length > 0).map(figure => {
    const text = (value: number) => value.toFixed(digits(figure.unit))
    const target = figure.target === undefined ? '' : `target ${figure.target} ${figure.unit}: ${(median(figure.values) / figure.target).toFixed(2)} of it`
    return [figure.name, text(Math.min(...figure.values)), text(median(figure.values)), text(Math.max(...figure.values)), figure.unit, target]
  })
  const table = [['', 'min', 'median', 'max', '', ''], ...rows]
  const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length)))
  return table.map(row => row.map((cell, column) => (column === 0 || column > 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join('  ').trimEnd()).join('\n')
}
