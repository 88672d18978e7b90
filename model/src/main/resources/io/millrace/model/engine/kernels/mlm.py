  # A head's transform of rows [N, H]: dense, activation, layer norm. transform: linear layer (3 slots), norm (2 slots);
  # empty for none.
  def transform(self: __torch__.Kernels, rows: Tensor, transform: List[Tensor], epsilon: float,
      activation: str) -> Tensor:
    y = rows
    if torch.len(transform) > 0:
      y = (self).activate((self).linear(rows, transform, 0), activation)
      y = (self).norm(y, transform, 3, False, epsilon)
    return y

  # Non-zeros of dense weights [B, V]: how many in each row [B], their terms and their weights, row by row.
  # NaN is not zero: it goes out, and is refused there.
  def sparse(self: __torch__.Kernels, dense: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    at = torch.nonzero(dense)
    ids = torch.to(torch.select(at, 1, 1), 3)
    weights = torch.masked_select(dense, torch.ne(dense, 0))
    counts = torch.to(torch.count_nonzero(dense, [1]), 3)
    return (counts, ids, weights)

  # The largest product of any of the rows [N, H] of states with each term, text by text: [B, V].
  def maxima(self: __torch__.Kernels, states: Tensor, texts: int, tiles: List[Tensor]) -> Tensor:
    maxima = annotate(List[Tensor], [])
    rows = torch.size(states, 0) // texts
    for i in range(torch.len(tiles)):
      products = (self).packed_linear(states, tiles[i], None)
      _0 = torch.append(maxima, torch.amax(torch.view(products, [texts, rows, -1]), [1]))
    return torch.cat(maxima, 1)

  # Max-pooled sparse vectors, [B, V] and never [B, T, V]: as bias is the same at all positions, and affine, ReLU and
  # log1p keep order, the largest raw logit is found first, tile by tile of the vocabulary.
  #
  # hidden [B, T, H]; rows [N] int32: which row of hidden each cell reads, see PaddedBatch.countingRows.
  # tiles: packed slices of the projection; bias [V].
  def mlm_max(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, transform: List[Tensor], epsilon: float,
      activation: str, tiles: List[Tensor], bias: Tensor, scale: float, shift: float,
      logarithms: int) -> Tuple[Tensor, Tensor, Tensor]:
    b = torch.size(hidden, 0)
    t = torch.size(hidden, 1)
    x = torch.index_select(torch.view(hidden, [b * t, torch.size(hidden, 2)]), 0, rows)
    x = (self).transform(x, transform, epsilon, activation)
    y = torch.relu(((self).maxima(x, b, tiles) + bias) * scale + shift)
    for i in range(logarithms):
      y = torch.log1p(y)
    return (self).sparse(y)

  # Sum-pooled sparse vectors: every position is activated before it is added, so this goes tile by tile in full.
  #
  # counts [B, T]: 1 where a position counts, else 0. biases: slices of the bias, tile by tile.
  def mlm_sum(self: __torch__.Kernels, hidden: Tensor, counts: Tensor, transform: List[Tensor], epsilon: float,
      activation: str, tiles: List[Tensor], biases: List[Tensor], scale: float, shift: float,
      logarithms: int) -> Tuple[Tensor, Tensor, Tensor]:
    b = torch.size(hidden, 0)
    t = torch.size(hidden, 1)
    x = torch.view(hidden, [b * t, torch.size(hidden, 2)])
    x = (self).transform(x, transform, epsilon, activation)
    counted = torch.unsqueeze(counts, 2)
    sums = annotate(List[Tensor], [])
    for i in range(torch.len(tiles)):
      y = torch.relu((self).packed_linear(x, tiles[i], biases[i]) * scale + shift)
      for j in range(logarithms):
        y = torch.log1p(y)
      _0 = torch.append(sums, torch.sum(torch.view(y, [b, t, -1]) * counted, [1]))
    return (self).sparse(torch.cat(sums, 1))
