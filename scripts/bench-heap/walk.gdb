# The same question in gdb's own language: a loop over the records, each read and looked at by expressions.
set pagination off
set $blocks = 0
set $total = 0
set $segment = 0
while $segment < spaces_heap_root.segment_count
  set $s = ((SpSegment **) spaces_heap_root.segments)[$segment]
  set $i = 1
  while $s && $i < 64
    set $slab = &$s->slabs[$i]
    if ($slab->kind == 1 || $slab->kind == 2) && $slab->records
      set $record = $slab->records
      set $end = $record + $slab->carved
      while $record < $end
        if $record->state == 1
          set $blocks = $blocks + 1
          set $total = $total + $record->requested
        end
        set $record = $record + 1
      end
    end
    set $i = $i + 1
  end
  set $segment = $segment + 1
end
printf "{\"blocks\": %lu, \"bytes\": %lu}\n", $blocks, $total
