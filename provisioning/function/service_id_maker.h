#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/core/ids.h"

namespace msggw::function {

/// Fills the octets with uniformly random ones.
using RandomSource = std::function<void(std::span<std::uint8_t>)>;

/// OpenSSL's generator, seeded by the operating system. Ends the process if that has no randomness
/// to give: guessable or repeated Service IDs would be worse than none.
RandomSource system_random();

/// Makes Service IDs from Policy::service_id_template. Loop thread only.
///
/// The 20 characters of `{id}` carry 103 random bits. That is what keeps a Service ID from ever
/// being given out a second time, also after its assignment was released and its row erased, and
/// from being guessed.
class ServiceIdMaker {
 public:
  static constexpr std::size_t kIdLength = 20;

  /// Throws std::runtime_error, naming the fault, if the template has not exactly one `{id}`, has
  /// any other placeholder than `{type}`, holds spaces, controls or broken UTF-8, or could make
  /// more than `most_octets`.
  ServiceIdMaker(std::string_view pattern, std::size_t most_octets, RandomSource random);

  /// A fresh Service ID; valid until the next call. Whether it is free is for the caller to check.
  std::string_view make(core::UeType type);

 private:
  enum class Placeholder : std::uint8_t { none, type, id };
  struct Piece {
    std::string text;  ///< stands before the placeholder
    Placeholder then;
  };

  void parse(std::string_view pattern);
  void append_id();
  std::uint8_t random_octet();

  std::vector<Piece> pieces_;
  RandomSource random_;
  std::array<std::uint8_t, 1'024>
      octets_{};  ///< drawn in blocks: one call of the generator serves many IDs
  std::size_t used_ = octets_.size();
  std::string made_;
};

}  // namespace msggw::function
