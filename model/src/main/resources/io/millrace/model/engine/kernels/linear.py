  # A linear layer is three slots of a flat list, [weight, scale, bias], of which the last two may be empty (no elements).
  # What lies in the weight's slot says how to compute:
  #   packed for oneDNN, fp32 or bf16: weight only
  #   plain [out, in], fp32 or bf16: weight only; where packing would double a table that is also looked up, or off the CPU

  # A linear weight [out, in] in oneDNN's blocked layout.
  def pack(self: __torch__.Kernels, weight: Tensor) -> Tensor:
    return ops.mkldnn._reorder_linear_weight(weight)

  # The three slots of a layer from its fp32 weight [out, in] and bias [out], or an empty one.
  def pack_linear(self: __torch__.Kernels, weight: Tensor, bias: Tensor, precision: str,
      packed: bool) -> Tuple[Tensor, Tensor, Tensor]:
    scale = torch.zeros([0])
    if precision == "bf16":
      w = torch.to(weight, 15)
      b = torch.to(bias, 15)
    else:
      w = weight
      b = bias
    if packed:
      w = (self).pack(w)
    else:
      pass
    return (w, scale, b)

  # x [N, in] times a packed weight [out, in], plus bias [out]: [N, out].
  def packed_linear(self: __torch__.Kernels, x: Tensor, weight: Tensor, bias: Optional[Tensor]) -> Tensor:
    none = annotate(List[Optional[number]], [])
    return ops.mkldnn._linear_pointwise(x, weight, bias, "none", none, "")

  # x [N, in] through the layer in slots k to k + 2: [N, out], in the weight's type.
  def linear(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int) -> Tensor:
    weight = weights[k]
    x = torch.to(x, ops.prim.dtype(weight))
    bias = annotate(Optional[Tensor], None)
    if torch.numel(weights[k + 2]) > 0:
      bias = weights[k + 2]
    else:
      pass
    if ops.prim.is_mkldnn(weight):
      y = (self).packed_linear(x, weight, bias)
    else:
      y = torch.linear(x, weight, bias)
    return y

  def activate(self: __torch__.Kernels, x: Tensor, activation: str) -> Tensor:
    if activation == "gelu":
      y = torch.gelu(x)
    elif activation == "gelu_tanh":
      y = torch.gelu(x, approximate="tanh")
    elif activation == "silu":
      y = torch.silu(x)
    else:
      y = torch.relu(x)
    return y

  # linear() with an fp32 result, which Java can read.
  def linear_fp32(self: __torch__.Kernels, x: Tensor, weights: List[Tensor], k: int) -> Tensor:
    return torch.to((self).linear(x, weights, k), 6)
