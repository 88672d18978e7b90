  # Hidden states [B, T, H] of a BERT encoder.
  #
  # ids [B, T] int32, lengths [B] int32.
  # embeddings: words [V, H], types [2, H], positions [P, H], norm weight and bias [H].
  # layers: 12 a layer: fused query/key/value packed [3H, H] and bias, output packed and bias, norm weight and bias,
  #         feed-forward in packed and bias, out packed and bias, norm weight and bias.
  def bert(self: __torch__.Kernels, ids: Tensor, lengths: Tensor, embeddings: List[Tensor], layers: List[Tensor],
      heads: int, epsilon: float, activation: str) -> Tensor:
    b = torch.size(ids, 0)
    t = torch.size(ids, 1)
    h = torch.size(embeddings[0], 1)
    words = torch.embedding(embeddings[0], ids)
    x = words + torch.select(embeddings[1], 0, 0) + torch.slice(embeddings[2], 0, 0, t)
    x = torch.layer_norm(x, [h], embeddings[3], embeddings[4], epsilon)
    x = torch.view(x, [b * t, h])
    # Keys beyond a text's length get -inf, so their attention is exactly 0 whatever they hold.
    padding = torch.ge(torch.unsqueeze(torch.arange(t), 0), torch.unsqueeze(lengths, 1))
    mask = torch.masked_fill(torch.zeros([b, t]), padding, -inf)
    mask = torch.expand(torch.view(mask, [b, 1, 1, t]), [b, heads, t, t])
    for i in range(torch.len(layers) // 12):
      k = 12 * i
      qkv = torch.view((self).packed_linear(x, layers[k], layers[k + 1]), [b, t, 3, heads, h // heads])
      qkv = torch.permute(qkv, [2, 0, 3, 1, 4])
      a = torch.scaled_dot_product_attention(qkv[0], qkv[1], qkv[2], mask)
      a = torch.reshape(torch.transpose(a, 1, 2), [b * t, h])
      x = x + (self).packed_linear(a, layers[k + 2], layers[k + 3])
      x = torch.layer_norm(x, [h], layers[k + 4], layers[k + 5], epsilon)
      f = (self).activate((self).packed_linear(x, layers[k + 6], layers[k + 7]), activation)
      x = x + (self).packed_linear(f, layers[k + 8], layers[k + 9])
      x = torch.layer_norm(x, [h], layers[k + 10], layers[k + 11], epsilon)
    return torch.view(x, [b, t, h])
