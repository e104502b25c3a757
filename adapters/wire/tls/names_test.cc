// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/names.h"

#include <doctest/doctest.h>

#include "adapters/wire/tls/test_certificates.h"

namespace msggw::tls {
namespace {

using namespace std::string_literals;
using Names = std::vector<std::string>;

TEST_CASE("whom a certificate names") {
  test::Certificates all;
  struct Row {
    const char* what;
    std::string common_name;
    Names alternatives;
    Names expected;
  };
  const Row rows[] = {
      {"a DNS name", "x", {"DNS:a.example"}, {"a.example"}},
      {"all kinds, in their order",
       "x",
       {"URI:urn:gw:1", "IP:192.0.2.1", "DNS:a.example", "IP:2001:db8::1"},
       {"urn:gw:1", "192.0.2.1", "a.example", "2001:db8::1"}},
      {"the common name only without alternatives", "gw-1", {}, {"gw-1"}},
      {"not even where they are of no use", "gw-1", {"email:a@example"}, {}},
      {"other kinds are passed over", "x", {"email:a@example", "DNS:a"}, {"a"}},
      {"letters beyond ASCII in a common name", "Zähler 1", {}, {"Zähler 1"}},
      {"a wildcard is a name like another", "x", {"DNS:*.example"}, {"*.example"}},
      {"NUL in a DNS name", "x", {"DNS:gw-1\0.evil"s}, {}},
      {"NUL in a URI, beside a good name", "x", {"DNS:good", "URI:a\0b"s}, {}},
      {"NUL in a common name", "gw-1\0x"s, {}, {}},
      {"a line break", "x", {"DNS:a\nb"}, {}},
      {"a blank", "x", {"DNS:a b"}, {}},
      {"DEL", "x", {"DNS:a\x7f"}, {}},
      {"not ASCII", "x", {"DNS:z\xc3\xa4hler"}, {}},
      {"nothing in it", "x", {"DNS:"}, {}},
      {"a control in a common name", "a\x1b[2J", {}, {}},
      {"a C1 control in a common name", "a\xc2\x9b", {}, {}},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    all.make("one", {.common_name = row.common_name, .names = row.alternatives});
    CHECK(names_of(all.certificate("one")) == row.expected);
  }
}

TEST_CASE("two common names are none") {
  test::Certificates all;
  all.make("one", {});
  base::Handle<X509, X509_free> two(X509_dup(all.certificate("one")));
  X509_NAME_add_entry_by_txt(X509_get_subject_name(two.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("other"), -1, -1, 0);
  CHECK(names_of(two.get()).empty());
}

}  // namespace
}  // namespace msggw::tls
