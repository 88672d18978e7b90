  # Room for weights in bfloat16, which DJL has no name for.
  def empty_bf16(self: __torch__.Kernels, shape: List[int]) -> Tensor:
    return torch.empty(shape, dtype=15)

  # The first rows of a table [V, H] in slices of `size`, which share its memory.
  def slices(self: __torch__.Kernels, table: Tensor, rows: int, size: int) -> List[Tensor]:
    used = torch.slice(table, 0, 0, rows)
    slices = annotate(List[Tensor], [])
    for i in range((rows + size - 1) // size):
      _0 = torch.append(slices, torch.slice(used, 0, i * size, (i + 1) * size))
    return slices

  # Room in which slices of 16 bits are widened one after the other, the first being the largest; empty if they are wide.
  def room(self: __torch__.Kernels, slices: List[Tensor]) -> Tensor:
    first = slices[0]
    if ops.prim.dtype(first) == 6:
      room = torch.zeros([0])
    else:
      room = torch.empty([torch.size(first, 0), torch.size(first, 1)], dtype=6)
    return room

  # A slice in fp32: itself, or a copy of it in the room.
  def widened(self: __torch__.Kernels, slice: Tensor, room: Tensor) -> Tensor:
    if ops.prim.dtype(slice) == 6:
      wide = slice
    else:
      wide = torch.copy_(torch.slice(room, 0, 0, torch.size(slice, 0)), slice)
    return wide
