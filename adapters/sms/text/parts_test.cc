// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/text/parts.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "adapters/sms/text/gsm7.h"
#include "adapters/sms/text/reassembly.h"

namespace msggw::sms_text {

namespace {

constexpr Alphabet kAlphabets[] = {Alphabet::gsm7, Alphabet::latin1, Alphabet::octets,
                                   Alphabet::ucs2};
constexpr ReferenceForm kForms[] = {ReferenceForm::udh8, ReferenceForm::udh16, ReferenceForm::sar,
                                    ReferenceForm::payload};

/// A message of `units` units, no two neighbours alike; `unit` is one of them in UTF-8.
std::string message_of(Alphabet alphabet, std::size_t units) {
  std::string out;
  for (std::size_t i = 0; i < units; ++i) {
    if (alphabet == Alphabet::octets) {
      out.push_back(static_cast<char>(i * 7 + 128));
    } else {
      out.push_back(static_cast<char>('a' + i % 26));
    }
  }
  return out;
}

ReceivedPart received(const Part& part, const SplitOptions& options, std::string& data,
                      Coding coding) {
  ReceivedPart out{"+431",     "7000",        options.form,    part.reference,
                   part.total, part.sequence, coding.alphabet, {}};
  const std::string user_data = part.udh + part.data;
  std::size_t header = 0;
  if (!part.udh.empty()) {
    const UserDataHeader udh = parse_udh(user_data);
    CHECK(udh.ports == options.ports);
    CHECK(udh.octets == part.udh.size());
    CHECK(udh.concatenation.has_value() == (part.total > 1));
    if (udh.concatenation) {
      CHECK(udh.concatenation->wide == (options.form == ReferenceForm::udh16));
      out.reference = udh.concatenation->reference;
      out.total = udh.concatenation->total;
      out.sequence = udh.concatenation->sequence;
    }
    header = udh.octets;
  }
  data = joinable(coding, std::string_view(user_data).substr(header), header);
  out.data = data;
  return out;
}

/// `parts` shuffled, each but the last of them twice, through a Reassembly.
std::string rejoined(std::vector<Part> parts, Alphabet alphabet, const SplitOptions& options) {
  static std::minstd_rand random(1);  // the same order in every run
  std::shuffle(parts.begin(), parts.end(), random);
  Reassembly reassembly({}, {});
  const Coding coding{alphabet, options.packed};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string data;
    const ReceivedPart part = received(parts[i], options, data, coding);
    Added added = reassembly.add(part, {});
    if (i + 1 == parts.size()) {
      CHECK(added.outcome == Added::Outcome::complete);
      return added.message.body;
    }
    CHECK(added.outcome == Added::Outcome::waiting);
    CHECK(reassembly.add(part, {}).outcome == Added::Outcome::duplicate);
  }
  return {};
}

void check_sizes(const std::vector<Part>& parts, Alphabet alphabet, const SplitOptions& options) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    CHECK(parts[i].sequence == i + 1);
    CHECK(parts[i].total == parts.size());
    if (options.form == ReferenceForm::payload) continue;
    const bool unpacked = alphabet == Alphabet::gsm7 && !options.packed;
    const std::size_t octets = unpacked ? (parts[i].data.size() * 7 + 7) / 8 : parts[i].data.size();
    CHECK(parts[i].udh.size() + octets <= kUserDataOctets);
  }
}

/// Units in a part of a concatenated message.
std::size_t room_of(Alphabet alphabet, const SplitOptions& options) {
  const bool wide = options.form == ReferenceForm::udh16 || options.form == ReferenceForm::sar;
  return units_of(alphabet, udh_size(true, wide, options.ports.has_value()));
}

void check_round_trip(Alphabet alphabet, const std::string& message, const SplitOptions& options) {
  const auto parts = split(alphabet, message, options);
  REQUIRE(parts.has_value());
  check_sizes(*parts, alphabet, options);
  CHECK(rejoined(*parts, alphabet, options) == message);
}

template <class Check>
void for_all_forms(Check check) {
  for (const Alphabet alphabet : kAlphabets) {
    for (const ReferenceForm form : kForms) {
      for (const bool with_ports : {false, true}) {
        for (const bool packed : {false, true}) {
          if (packed && alphabet != Alphabet::gsm7) continue;
          SplitOptions options{form, 0xABCD, std::nullopt, packed};
          if (with_ports) options.ports = Ports{16000, 17000};
          CAPTURE(static_cast<int>(alphabet));
          CAPTURE(static_cast<int>(form));
          CAPTURE(with_ports);
          CAPTURE(packed);
          check(alphabet, options);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("the sizes of TS 23.040 9.2.3.24") {
  const auto sizes = [](std::size_t header) {
    return std::vector{units_of(Alphabet::gsm7, header), units_of(Alphabet::octets, header),
                       units_of(Alphabet::latin1, header), units_of(Alphabet::ucs2, header)};
  };
  CHECK(sizes(0) == std::vector<std::size_t>{160, 140, 140, 70});
  CHECK(sizes(udh_size(true, false, false)) == std::vector<std::size_t>{153, 134, 134, 67});
  CHECK(sizes(udh_size(true, true, false)) == std::vector<std::size_t>{152, 133, 133, 66});
  CHECK(sizes(udh_size(false, false, true)) == std::vector<std::size_t>{152, 133, 133, 66});
  CHECK(sizes(udh_size(true, false, true)) == std::vector<std::size_t>{146, 128, 128, 64});
  CHECK(sizes(udh_size(true, true, true)) == std::vector<std::size_t>{145, 127, 127, 63});
}

TEST_CASE("every alphabet and reference round-trips at every border") {
  for_all_forms([](Alphabet alphabet, const SplitOptions& options) {
    const std::size_t single =
        units_of(alphabet, udh_size(false, false, options.ports.has_value()));
    const std::size_t room = room_of(alphabet, options);
    for (std::size_t units = 0; units <= 330; ++units) {
      const std::string message = message_of(alphabet, units);
      check_round_trip(alphabet, message, options);
      const std::size_t expected =
          units <= single || options.form == ReferenceForm::payload ? 1 : (units + room - 1) / room;
      CHECK(split(alphabet, message, options)->size() == expected);
    }
  });
}

TEST_CASE("255 parts and not one more") {
  for_all_forms([](Alphabet alphabet, const SplitOptions& options) {
    const std::size_t most = 255 * room_of(alphabet, options);
    const std::string message = message_of(alphabet, most);
    check_round_trip(alphabet, message, options);
    CHECK(split(alphabet, message, options)->size() ==
          (options.form == ReferenceForm::payload ? 1 : 255));
    const auto more = split(alphabet, message_of(alphabet, most + 1), options);
    CHECK(more.error().code == base::Errc::too_large);
  });
}

TEST_CASE("a lower limit of parts") {
  SplitOptions options;
  options.most_parts = 2;
  CHECK(split(Alphabet::octets, std::string(268, 'a'), options)->size() == 2);
  CHECK(split(Alphabet::octets, std::string(269, 'a'), options).error().code ==
        base::Errc::too_large);
  options.most_parts = 1;
  CHECK(split(Alphabet::octets, std::string(140, 'a'), options)->size() == 1);
  CHECK(!split(Alphabet::octets, std::string(141, 'a'), options));
  options.most_parts = 0;
  CHECK(!split(Alphabet::octets, "", options));
}

TEST_CASE("escape pairs and surrogate pairs stay whole at each border") {
  for_all_forms([](Alphabet alphabet, const SplitOptions& options) {
    const bool ucs2 = alphabet == Alphabet::ucs2;
    if (!ucs2 && alphabet != Alphabet::gsm7) return;
    const std::size_t borders[] = {70, 160, room_of(alphabet, options),
                                   2 * room_of(alphabet, options)};
    for (const std::size_t border : borders) {
      for (std::size_t before = border - 3; before <= border + 1; ++before) {
        const std::string message =
            message_of(alphabet, before) + (ucs2 ? "😀" : "€") + message_of(alphabet, 170);
        check_round_trip(alphabet, message, options);
        const auto parts = split(alphabet, message, options);
        for (const Part& part : parts.value()) {
          if (options.packed) continue;
          if (!ucs2) CHECK(part.data.back() != kEscape);
          if (ucs2) CHECK((part.data[part.data.size() - 2] & 0xFC) != 0xD8);
        }
      }
    }
    std::string pairs;
    for (int i = 0; i < 200; ++i) pairs += ucs2 ? "😀" : "{";
    check_round_trip(alphabet, pairs, options);
    check_round_trip(alphabet, "a" + pairs, options);
  });
}

TEST_CASE("a CR at the end of a full packed part takes no octet too many") {
  for (const ReferenceForm form : kForms) {
    const SplitOptions options{form, 7, std::nullopt, true};
    for (std::size_t before = 140; before <= 320; ++before) {
      const std::string message = message_of(Alphabet::gsm7, before) + "\r";
      check_round_trip(Alphabet::gsm7, message, options);
      check_round_trip(Alphabet::gsm7, message + message_of(Alphabet::gsm7, 30), options);
    }
  }
}

TEST_CASE("only the header forms write headers") {
  SplitOptions options;
  options.ports = Ports{1, 2};
  CHECK(split(Alphabet::octets, "a", options)->front().udh == write_udh({}, Ports{1, 2}));
  options.form = ReferenceForm::sar;
  const auto parts = split(Alphabet::octets, std::string(300, 'a'), options).value();
  for (const Part& part : parts) {
    CHECK(part.udh.empty());
    CHECK(part.reference == options.reference);
    CHECK(part.data.size() <= 127);
  }
  options.form = ReferenceForm::payload;
  CHECK(split(Alphabet::octets, std::string(300, 'a'), options)->front().udh.empty());
}

TEST_CASE("text that the alphabet does not have is refused") {
  CHECK(split(Alphabet::gsm7, "ç", {}).error().code == base::Errc::unsupported);
  CHECK(split(Alphabet::ucs2, "\xFF", {}).error().code == base::Errc::malformed);
}

}  // namespace msggw::sms_text
