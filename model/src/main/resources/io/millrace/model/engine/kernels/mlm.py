  # A head's transform of rows [N, H]: dense, activation, layer norm. transform: linear layer (3 slots), norm (2 slots);
  # empty for none.
  def transform(self: __torch__.Kernels, rows: Tensor, transform: List[Tensor], epsilon: float,
      activation: str) -> Tensor:
    y = rows
    if torch.len(transform) > 0:
      y = torch.to((self).linear_activated(rows, transform, 0, activation), 6)
      y = (self).norm(y, transform, 3, False, epsilon)
    return y

  # Non-zeros of dense weights [B, V]: how many in each row [B], their terms and their weights, row by row.
  # NaN is not zero: it goes out, and is refused there. The results are where Java can read them.
  def sparse(self: __torch__.Kernels, dense: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
    at = torch.nonzero(dense)
    ids = torch.to(torch.select(at, 1, 1), 3)
    weights = torch.masked_select(dense, torch.ne(dense, 0))
    counts = torch.to(torch.count_nonzero(dense, [1]), 3)
    host = torch.device("cpu")
    return (torch.to(counts, host), torch.to(ids, host), torch.to(weights, host))

  # x [N, H] times a slice of the projection [terms, H], plus bias [terms] or none.
  def tile_logits(self: __torch__.Kernels, x: Tensor, tile: Tensor, bias: Optional[Tensor], onednn: bool) -> Tensor:
    if onednn:
      y = (self).packed_linear(x, tile, bias)
    else:
      y = torch.linear(x, tile, bias)
    return y

  # The largest product of any of the rows [N, H] of states with each term, text by text: [B, V].
  # tiles: slices of the projection, packed, or plain on other devices than CPUs (not onednn), or plain as they lie in a table
  # that is also looked up; oneDNN multiplies plain ones 3 to 17 % slower (128 and 256 rows), and those of 16 bits are widened
  # one by one.
  def maxima(self: __torch__.Kernels, states: Tensor, texts: int, tiles: List[Tensor], onednn: bool) -> Tensor:
    maxima = annotate(List[Tensor], [])
    rows = torch.size(states, 0) // texts
    room = (self).room(tiles)
    for i in range(torch.len(tiles)):
      products = (self).tile_logits(states, (self).widened(tiles[i], room), None, onednn)
      _0 = torch.append(maxima, torch.amax(torch.view(products, [texts, rows, -1]), [1]))
    return torch.cat(maxima, 1)

  # Max-pooled sparse vectors, [B, V] and never [B, T, V]: as bias is the same at all positions, and affine, ReLU and
  # log1p keep order, the largest raw logit is found first, tile by tile of the vocabulary.
  #
  # hidden [N, H] of all texts; rows [B * T] int32: the row of hidden that each cell of a rectangle reads, see
  # TokenBatch.countingRows.
  # tiles: see maxima(); bias [V].
  def mlm_max(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, texts: int, transform: List[Tensor], epsilon: float,
      activation: str, tiles: List[Tensor], bias: Tensor, scale: float, shift: float, logarithms: int,
      onednn: bool) -> Tuple[Tensor, Tensor, Tensor]:
    dense = (self).mlm_max_dense(hidden, rows, texts, transform, epsilon, activation, tiles, bias, scale, shift,
        logarithms, onednn)
    return (self).sparse(dense)

  # What mlm_max computes, with its zeros: [B, V].
  def mlm_max_dense(self: __torch__.Kernels, hidden: Tensor, rows: Tensor, texts: int, transform: List[Tensor],
      epsilon: float, activation: str, tiles: List[Tensor], bias: Tensor, scale: float, shift: float, logarithms: int,
      onednn: bool) -> Tensor:
    x = (self).transform(hidden, transform, epsilon, activation)
    x = torch.index_select(x, 0, (self).beside(rows, x))
    return (self).saturated((self).maxima(x, texts, tiles, onednn) + bias, scale, shift, logarithms)

  # Affine, ReLU and logarithms of logits.
  def saturated(self: __torch__.Kernels, logits: Tensor, scale: float, shift: float, logarithms: int) -> Tensor:
    y = torch.relu(logits * scale + shift)
    for i in range(logarithms):
      y = torch.log1p(y)
    return y

  # Sum-pooled sparse vectors: every position is activated before it is added, so this goes tile by tile in full.
  #
  # hidden [N, H] of all texts; counts [N]: 1 where a position counts, else 0; owners [N] int32: each row's text.
  # biases: slices of the bias, tile by tile.
  def mlm_sum(self: __torch__.Kernels, hidden: Tensor, counts: Tensor, owners: Tensor, texts: int,
      transform: List[Tensor], epsilon: float, activation: str, tiles: List[Tensor], biases: List[Tensor],
      scale: float, shift: float, logarithms: int, onednn: bool) -> Tuple[Tensor, Tensor, Tensor]:
    dense = (self).mlm_sum_dense(hidden, counts, owners, texts, transform, epsilon, activation, tiles, biases, scale,
        shift, logarithms, onednn)
    return (self).sparse(dense)

  # What mlm_sum computes, with its zeros: [B, V].
  def mlm_sum_dense(self: __torch__.Kernels, hidden: Tensor, counts: Tensor, owners: Tensor, texts: int,
      transform: List[Tensor], epsilon: float, activation: str, tiles: List[Tensor], biases: List[Tensor],
      scale: float, shift: float, logarithms: int, onednn: bool) -> Tensor:
    x = (self).transform(hidden, transform, epsilon, activation)
    counted = torch.unsqueeze((self).beside(counts, x), 1)
    owners = (self).beside(owners, x)
    sums = annotate(List[Tensor], [])
    room = (self).room(tiles)
    for i in range(torch.len(tiles)):
      y = torch.relu((self).tile_logits(x, (self).widened(tiles[i], room), biases[i], onednn) * scale + shift)
      for j in range(logarithms):
        y = torch.log1p(y)
      _0 = torch.append(sums, torch.index_add(torch.new_zeros(y, [texts, torch.size(y, 1)]), 0, owners, y * counted))
    return torch.cat(sums, 1)
