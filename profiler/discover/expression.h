// What is known of a value in a register, as an expression over memory: *(*(tls(0x45aad0)) + 0x78).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace redbee::profiler {

struct Expression;
using Value = std::shared_ptr<const Expression>;

struct Expression {
  enum class Kind {
    unknown,
    constant,        // number: a value or an address in the file
    argument,        // number: 0 for the first
    thread_pointer,  // the base of %fs
    tls_address,     // what __tls_get_addr returns for the GOT pair at `number`
    tls_descriptor,  // what the resolver of the TLS descriptor at `number` returns
    load,            // `number` bytes at base + displacement
    sum,             // base + displacement
    masked,          // base & number
    shifted,         // base >> number
    test,            // whether base & number is not 0
    indexed,         // the thread pointer + base: an offset that was itself loaded from the GOT
  };
  Kind kind = Kind::unknown;
  int64_t number = 0;
  Value base;
  int64_t displacement = 0;
};

// "*(*(tls(0x45aad0)) + 0x78)"
std::string describe(const Value& value);
bool is_load(const Value& value);

Value make_value(Expression::Kind kind, int64_t number = 0, Value base = nullptr);
const Value& unknown_value();

// What an instruction makes of its operands; unknown where it is not followed further.
Value add(const Value& value, int64_t displacement);
Value load(const Value& address, int bytes);
Value sum(const Value& a, const Value& b);
Value masked(const Value& value, const Value& mask);
Value shifted(const Value& value, const Value& count);
Value tested(const Value& value, const Value& mask);

}  // namespace redbee::profiler
