/**
 * Where the boxes of a flame graph stand: d3's partition over the call tree,
 * seen through a zoom on one node.
 *
 *     row 0   root                      the focused node and its ancestors take
 *     row 1   main                      the whole width; what lies beside them
 *     row 2   load        | parse       is out of sight; boxes narrower than a
 *     row 3   index | map | token       pixel are not drawn.
 */
import { partition, stratify, type HierarchyRectangularNode } from 'd3-hierarchy';
import type { CallTreeNode } from '../../../adapter/src/protocol';

export const ROW_HEIGHT = 20;
const NARROWEST = 1;

export interface FlameBox {
  /** Index in the tree's nodes. */
  index: number;
  x: number;
  y: number;
  width: number;
  /** An ancestor of the focused node: it stands for more than is shown. */
  ancestor: boolean;
}
interface Indexed extends CallTreeNode {
  index: number;
}
export type Layout = readonly HierarchyRectangularNode<Indexed>[];

/** The unit layout of a tree: x from 0 to 1, y in rows. Nodes are in the order of `nodes`. */
export function layoutOf(nodes: readonly CallTreeNode[]): Layout {
  if (nodes.length === 0) {
    return [];
  }
  const indexed = nodes.map((node, index) => ({ ...node, index }));
  const root = stratify<Indexed>()
    .id(({ index }) => String(index))
    .parentId(({ parent }) => (parent < 0 ? undefined : String(parent)))(indexed);
  // What a node has beside its children is its own; d3 sums the rest.
  root.sum(() => 0);
  root.eachAfter((node) => {
    Object.assign(node, { value: node.data.bytes });
  });
  root.sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const placed = partition<Indexed>().size([1, root.height + 1])(root);
  const byIndex: HierarchyRectangularNode<Indexed>[] = [];
  placed.each((node) => {
    byIndex[node.data.index] = node;
  });
  return byIndex;
}

/** The boxes in sight when `focus` fills `width` pixels. */
export function boxesOf(layout: Layout, focus: number, width: number): FlameBox[] {
  const shown = layout[focus] ?? layout[0];
  if (!shown) {
    return [];
  }
  const scale = width / Math.max(Number.MIN_VALUE, shown.x1 - shown.x0);
  const above = shown.ancestors().slice(1);
  const boxes = above.reverse().map((node): FlameBox => ({
    index: node.data.index,
    x: 0,
    y: node.depth * ROW_HEIGHT,
    width,
    ancestor: true,
  }));
  const visit = (node: HierarchyRectangularNode<Indexed>): void => {
    const box = {
      index: node.data.index,
      x: (node.x0 - shown.x0) * scale,
      y: node.depth * ROW_HEIGHT,
      width: (node.x1 - node.x0) * scale,
      ancestor: false,
    };
    if (box.width >= NARROWEST) {
      boxes.push(box);
      node.children?.forEach(visit);
    }
  };
  visit(shown);
  return boxes;
}

/** The node that an arrow key leads to from `from`; itself where there is none. */
export function neighbourOf(layout: Layout, from: number, key: string): number {
  const node = layout[from];
  const siblings = node?.parent?.children ?? [];
  const at = node ? siblings.indexOf(node) : -1;
  const to =
    key === 'ArrowDown'
      ? node?.children?.[0]
      : key === 'ArrowUp'
        ? node?.parent
        : key === 'ArrowRight'
          ? siblings[at + 1]
          : key === 'ArrowLeft'
            ? siblings[at - 1]
            : undefined;
  return to?.data.index ?? from;
}
