// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/cbor.h"

#include <cbor.h>

#include <array>
#include <bit>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "gateway/base/document_builder.h"
#include "gateway/base/text.h"

namespace msggw::base {

namespace {

constexpr std::uint64_t kMostInt64 = std::numeric_limits<std::int64_t>::max();

/// Turns the events of libcbor's streaming decoder into a value. The decoder knows one item head at
/// a time; what may follow what is decided here.
class Decoder {
 public:
  Decoder(std::string_view octets, const DocumentLimits& limits, boost::json::storage_ptr storage)
      : rest_(octets), limits_(limits), builder_(limits, std::move(storage)) {}

  Result<boost::json::value> run();

  void on_uint(std::uint64_t number);
  void on_negative(std::uint64_t number);
  void on_float(double number);
  void on_bool(bool value);
  void on_null();
  void on_text(cbor_data octets, std::size_t size);
  void on_text_start();
  void on_array(std::size_t items) { open(false, items); }
  void on_map(std::size_t members) { open(true, members); }
  void on_array_start() { open(false, std::nullopt); }
  void on_map_start() { open(true, std::nullopt); }
  void on_break();
  void on_bytes(cbor_data, std::size_t) { refuse_text_only("a byte string"); }
  void on_bytes_start() { refuse_text_only("a byte string"); }
  void on_tag(std::uint64_t) { refuse_text_only("a tag"); }
  void on_undefined() { refuse_text_only("undefined"); }

 private:
  struct Frame {
    bool map;
    bool open_ended;       ///< ends with a "break", not after `wanted`
    std::uint64_t wanted;  ///< items; in a map keys and values count one each
    std::uint64_t seen = 0;
  };

  void step();
  void refuse(Errc code, std::string why);
  void refuse_text_only(const char* what);
  bool at_key() const noexcept {
    return !frames_.empty() && frames_.back().map && frames_.back().seen % 2 == 0;
  }
  bool begin_value();
  void open(bool map, std::optional<std::uint64_t> size);
  void close();
  void end_value();
  void end_text(boost::json::string_view last);

  std::string_view rest_;
  const DocumentLimits& limits_;
  DocumentBuilder builder_;
  std::vector<Frame> frames_;
  bool in_text_ = false;  ///< between the start of an indefinite-length text string and its "break"
  bool done_ = false;
  std::optional<Error> error_;
};

template <auto Method, class... Args>
void forward(void* decoder, Args... args) noexcept {
  (static_cast<Decoder*>(decoder)->*Method)(args...);
}

constexpr cbor_callbacks kCallbacks{
    .uint8 = forward<&Decoder::on_uint, std::uint8_t>,
    .uint16 = forward<&Decoder::on_uint, std::uint16_t>,
    .uint32 = forward<&Decoder::on_uint, std::uint32_t>,
    .uint64 = forward<&Decoder::on_uint, std::uint64_t>,
    .negint64 = forward<&Decoder::on_negative, std::uint64_t>,
    .negint32 = forward<&Decoder::on_negative, std::uint32_t>,
    .negint16 = forward<&Decoder::on_negative, std::uint16_t>,
    .negint8 = forward<&Decoder::on_negative, std::uint8_t>,
    .byte_string_start = forward<&Decoder::on_bytes_start>,
    .byte_string = forward<&Decoder::on_bytes, cbor_data, std::size_t>,
    .string = forward<&Decoder::on_text, cbor_data, std::size_t>,
    .string_start = forward<&Decoder::on_text_start>,
    .indef_array_start = forward<&Decoder::on_array_start>,
    .array_start = forward<&Decoder::on_array, std::size_t>,
    .indef_map_start = forward<&Decoder::on_map_start>,
    .map_start = forward<&Decoder::on_map, std::size_t>,
    .tag = forward<&Decoder::on_tag, std::uint64_t>,
    .float2 = forward<&Decoder::on_float, float>,
    .float4 = forward<&Decoder::on_float, float>,
    .float8 = forward<&Decoder::on_float, double>,
    .undefined = forward<&Decoder::on_undefined>,
    .null = forward<&Decoder::on_null>,
    .boolean = forward<&Decoder::on_bool, bool>,
    .indef_break = forward<&Decoder::on_break>,
};

/// Whether `octets` begin with a simple value that RFC 8949 3.3 leaves unassigned: well-formed,
/// which libcbor denies.
bool is_unassigned_simple(std::string_view octets) noexcept {
  const auto head = static_cast<unsigned char>(octets[0]);
  if (head >= 0xE0 && head <= 0xF3) return true;
  return head == 0xF8 && octets.size() > 1 && static_cast<unsigned char>(octets[1]) >= 32;
}

Result<boost::json::value> Decoder::run() {
  const std::size_t size = rest_.size();
  while (!done_ && !error_) step();
  if (!error_ && !rest_.empty()) refuse(Errc::malformed, "more follows the CBOR item");
  if (error_) {
    error_->detail += " at octet " + std::to_string(size - rest_.size());
    return tl::unexpected<Error>(std::move(*error_));
  }
  return builder_.finish();
}

void Decoder::step() {
  const auto* octets = reinterpret_cast<const unsigned char*>(rest_.data());
  const auto result = cbor_stream_decode(octets, rest_.size(), &kCallbacks, this);
  switch (result.status) {
    case CBOR_DECODER_FINISHED:
      if (!error_) rest_.remove_prefix(result.read);
      return;
    case CBOR_DECODER_NEDATA: return refuse(Errc::malformed, "the CBOR item is cut off");
    case CBOR_DECODER_ERROR:
      if (is_unassigned_simple(rest_)) return refuse_text_only("a simple value");
      return refuse(Errc::malformed, "not CBOR");
  }
}

void Decoder::refuse(Errc code, std::string why) {
  if (!error_) error_ = Error{code, std::move(why)};
}

void Decoder::refuse_text_only(const char* what) {
  if (in_text_) return refuse(Errc::malformed, "only text may be in a text string");
  refuse(Errc::unsupported, std::string(what) + " has no JSON value");
}

bool Decoder::begin_value() {
  if (in_text_) return refuse(Errc::malformed, "only text may be in a text string"), false;
  if (at_key()) return refuse(Errc::unsupported, "a key is not text"), false;
  if (builder_.count_item()) return true;
  return refuse(Errc::too_large, "more than " + std::to_string(limits_.items) + " values"), false;
}

void Decoder::end_value() {
  if (frames_.empty()) {
    done_ = true;
    return;
  }
  Frame& frame = frames_.back();
  ++frame.seen;
  if (!frame.open_ended && frame.seen == frame.wanted) close();
}

void Decoder::open(bool map, std::optional<std::uint64_t> size) {
  if (!begin_value()) return;
  if (frames_.size() >= limits_.depth) {
    return refuse(Errc::too_large, "nested deeper than " + std::to_string(limits_.depth));
  }
  // Each item takes an octet at least: a claim of more is a lie, found before the first of them is
  // read.
  if (size && *size > rest_.size() / (map ? 2 : 1)) {
    return refuse(Errc::malformed, "the CBOR item is cut off");
  }
  frames_.push_back({map, !size, size.value_or(0) * (map ? 2 : 1)});
  if (size && *size == 0) close();
}

void Decoder::close() {
  const Frame frame = frames_.back();
  frames_.pop_back();
  if (frame.map) {
    builder_.push_object(frame.seen / 2);
  } else {
    builder_.stack().push_array(frame.seen);
  }
  end_value();
}

void Decoder::on_break() {
  if (in_text_) {
    in_text_ = false;
    return end_text({});
  }
  if (frames_.empty() || !frames_.back().open_ended) {
    return refuse(Errc::malformed, "a break outside of an indefinite-length item");
  }
  if (frames_.back().map && frames_.back().seen % 2 != 0) {
    return refuse(Errc::malformed, "a key without a value");
  }
  close();
}

void Decoder::end_text(boost::json::string_view last) {
  if (at_key()) {
    builder_.stack().push_key(last);
    ++frames_.back().seen;
  } else if (begin_value()) {
    builder_.stack().push_string(last);
    end_value();
  }
}

void Decoder::on_text(cbor_data octets, std::size_t size) {
  const char* text = reinterpret_cast<const char*>(octets);
  if (!is_utf8({text, size})) return refuse(Errc::malformed, "a text string is not UTF-8");
  if (in_text_) {
    builder_.stack().push_chars({text, size});
  } else {
    end_text({text, size});
  }
}

void Decoder::on_text_start() {
  if (in_text_)
    return refuse(Errc::malformed, "only text of definite length may be in a text string");
  in_text_ = true;
}

void Decoder::on_uint(std::uint64_t number) {
  if (!begin_value()) return;
  if (number <= kMostInt64) {
    builder_.stack().push_int64(static_cast<std::int64_t>(number));
  } else {
    builder_.stack().push_uint64(number);
  }
  end_value();
}

void Decoder::on_negative(std::uint64_t number) {
  if (!begin_value()) return;
  if (number <= kMostInt64) {
    builder_.stack().push_int64(-1 - static_cast<std::int64_t>(number));
  } else {
    constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
    builder_.stack().push_chars({&kDigits, 1});
    builder_.stack().push_string(number == kMost ? "-18446744073709551616"
                                                 : "-" + std::to_string(number + 1));
  }
  end_value();
}

void Decoder::on_float(double number) {
  if (!begin_value()) return;
  if (!std::isfinite(number)) return refuse(Errc::unsupported, "NaN or infinity has no JSON value");
  builder_.stack().push_double(number);
  end_value();
}

void Decoder::on_bool(bool value) {
  if (!begin_value()) return;
  builder_.stack().push_bool(value);
  end_value();
}

void Decoder::on_null() {
  if (!begin_value()) return;
  builder_.stack().push_null();
  end_value();
}

}  // namespace

Result<boost::json::value> parse_cbor(std::string_view octets, const DocumentLimits& limits) {
  return parse_cbor(octets, limits, boost::json::storage_ptr());
}

Result<boost::json::value> parse_cbor(std::string_view octets, const DocumentLimits& limits,
                                      boost::json::storage_ptr storage) {
  if (octets.size() > limits.octets) {
    return fail(Errc::too_large,
                "the CBOR item has more than " + std::to_string(limits.octets) + " octets");
  }
  return Decoder(octets, limits, std::move(storage)).run();
}

}  // namespace msggw::base
