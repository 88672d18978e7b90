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

  # Whether a table is in fp32, which is what error bounds are proven for.
  def is_fp32(self: __torch__.Kernels, table: Tensor) -> bool:
    return ops.prim.dtype(table) == 6
