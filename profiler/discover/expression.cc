#include "profiler/discover/expression.h"

#include "src/base/text.h"

namespace redbee::profiler {

using Kind = Expression::Kind;

Value make_value(Kind kind, int64_t number, Value base) {
  return std::make_shared<const Expression>(Expression{kind, number, std::move(base), 0});
}

const Value& unknown_value() {
  static const Value unknown = make_value(Kind::unknown);
  return unknown;
}

bool is_load(const Value& value) { return value && value->kind == Kind::load; }

Value add(const Value& value, int64_t displacement) {
  const auto plus = [&](const Value& base, int64_t all) {
    return std::make_shared<const Expression>(Expression{Kind::sum, 0, base, all});
  };
  if (value->kind == Kind::constant) return make_value(Kind::constant, value->number + displacement);
  if (value->kind == Kind::unknown || displacement == 0) return value;
  if (value->kind == Kind::sum) return plus(value->base, value->displacement + displacement);
  return plus(value, displacement);
}

Value load(const Value& address, int bytes) {
  if (address->kind == Kind::unknown) return unknown_value();
  const bool is_sum = address->kind == Kind::sum;
  return std::make_shared<const Expression>(
      Expression{Kind::load, bytes, is_sum ? address->base : address, is_sum ? address->displacement : 0});
}

Value sum(const Value& a, const Value& b) {
  if (b->kind == Kind::constant) return add(a, b->number);
  if (a->kind == Kind::constant) return add(b, a->number);
  // mov offset@GOT,%rax; add %fs:0,%rax
  if (b->kind == Kind::thread_pointer && is_load(a)) return make_value(Kind::indexed, 0, a);
  if (a->kind == Kind::thread_pointer && is_load(b)) return make_value(Kind::indexed, 0, b);
  if (b->kind == Kind::thread_pointer && a->kind == Kind::tls_descriptor) return a;
  return unknown_value();
}

Value masked(const Value& value, const Value& mask) {
  if (mask->kind != Kind::constant || value->kind == Kind::unknown) return unknown_value();
  return make_value(Kind::masked, mask->number, value);
}

Value shifted(const Value& value, const Value& count) {
  if (count->kind != Kind::constant || value->kind == Kind::unknown) return unknown_value();
  return make_value(Kind::shifted, count->number, value);
}

Value tested(const Value& value, const Value& mask) {
  if (mask->kind == Kind::constant && is_load(value)) return make_value(Kind::test, mask->number, value);
  if (value == mask && is_load(value)) return make_value(Kind::test, -1, value);
  return unknown_value();
}

std::string describe(const Value& value) {
  if (!value) return "nothing";
  const auto place = [&] {
    return value->displacement ? fmt::format("{} + {:#x}", describe(value->base), value->displacement)
                               : describe(value->base);
  };
  switch (value->kind) {
    case Kind::unknown: return "?";
    case Kind::constant: return fmt::format("{:#x}", value->number);
    case Kind::argument: return cat("argument ", value->number);
    case Kind::thread_pointer: return "fs";
    case Kind::tls_address: return fmt::format("tls({:#x})", value->number);
    case Kind::tls_descriptor: return fmt::format("tlsdesc({:#x})", value->number);
    case Kind::load: return cat("*(", place(), ")");
    case Kind::sum: return place();
    case Kind::masked: return fmt::format("({} & {:#x})", describe(value->base), value->number);
    case Kind::shifted: return fmt::format("({} >> {})", describe(value->base), value->number);
    case Kind::test: return fmt::format("({} & {:#x} != 0)", describe(value->base), value->number);
    case Kind::indexed: return cat("fs + ", describe(value->base));
  }
  return "?";
}

}  // namespace redbee::profiler
