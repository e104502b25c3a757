#pragma once

#include <string>
#include <string_view>

#include "adapters/sms/smpp/pdu.h"
#include "adapters/sms/smpp/structure.h"

/// libsmpp34 packs and unpacks the mandatory part of a body; header and TLVs are ours. What it does
/// to hostile octets, and why it never sees them, stands in README.md. It keeps its state in global
/// variables: call this, and so `append` and `decode`, from one thread only (the loop's).
///
/// `body` is one mandatory part that layout_of() found good, and no octet more; texts given to
/// `pack_mandatory` have been checked to be within their limits and without NUL. False: the library
/// refuses it all the same (of valid input none is known), and the output is as before.
namespace msggw::smpp {

bool unpack_mandatory(std::string_view body, const Layout& layout, Bind& out);
bool unpack_mandatory(std::string_view body, const Layout& layout, BindResponse& out);
bool unpack_mandatory(std::string_view body, const Layout& layout, MessageResponse& out);
/// `data`: the body of a data_sm.
bool unpack_mandatory(std::string_view body, const Layout& layout, bool data, Message& out);

bool pack_mandatory(const Bind& bind, std::string& out);
bool pack_mandatory(const BindResponse& response, std::string& out);
bool pack_mandatory(const MessageResponse& response, std::string& out);
bool pack_mandatory(const Message& message, bool data, std::string& out);

}  // namespace msggw::smpp
