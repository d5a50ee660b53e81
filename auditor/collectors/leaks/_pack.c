/* The two loops of the search through a pack (gitformat-pack(5)) that are long in Python: over the heads of its objects,
 * as in heads.py, and over the instructions of a delta, as in delta.py; these say what the results are. They read bytes
 * that anybody may have written: every length is checked against what is there before it is believed. */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    const unsigned char *bytes;
    size_t length;
} View;

typedef struct {
    unsigned char *bytes;
    size_t length, room;
} Text;

/* a copy whose middle is left out of what is new, until it is known what follows */
typedef struct {
    size_t start, stop;
    int begun, follows;
} Copy;

enum { MARGIN = 160, LINE = 512, SEAM = 64, SHORT = 1024 };

static int
put(Text *text, const unsigned char *bytes, size_t length)
{
    if (length > text->room - text->length)
        return -1;
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    return 0;
}

static size_t
smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* where the line goes on to that begins MARGIN after the start of a copy */
static size_t
head_end(View base, size_t start, size_t stop)
{
    size_t at = smaller(start + MARGIN, stop), end = smaller(at + LINE, stop);
    const unsigned char *line = memchr(base.bytes + at, '\n', end - at);

    return line ? (size_t)(line - base.bytes) : end;
}

static size_t
tail_start(View base, size_t start, size_t stop)
{
    size_t at = stop - start > MARGIN ? stop - MARGIN : start;
    size_t low = at - start > LINE ? at - LINE : start;

    for (size_t place = at; place > low; place--)
        if (base.bytes[place - 1] == '\n')
            return place - 1;
    return low;
}

/* what is new of a copy: its ends, where something stands there */
static int
put_ends(Text *new, View base, const Copy *copy, int followed)
{
    static const unsigned char seam[SEAM] =
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n";
    size_t head, tail;

    if (!copy->begun)
        return 0;
    head = copy->follows ? head_end(base, copy->start, copy->stop) : copy->start;
    tail = followed ? tail_start(base, copy->start, copy->stop) : copy->stop;
    if (head >= tail)
        return put(new, base.bytes + copy->start, copy->stop - copy->start);
    if (put(new, base.bytes + copy->start, head - copy->start))
        return -1;
    if (copy->follows && followed && put(new, seam, SEAM))
        return -1;
    return put(new, base.bytes + tail, copy->stop - tail);
}

/* a length, or -1 */
static Py_ssize_t
length_at(View delta, size_t *at)
{
    size_t value = 0;

    for (int shift = 0; shift < 63 && *at < delta.length; shift += 7) {
        unsigned char byte = delta.bytes[(*at)++];
        value |= (size_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return (Py_ssize_t)value;
    }
    return -1;
}

/* start and length of what an instruction copies; -1 where it is cut off */
static int
copied(View delta, unsigned char code, size_t *at, size_t *start, size_t *length)
{
    size_t fields[2] = {0, 0};

    for (int bit = 0; bit < 7; bit++)
        if (code >> bit & 1) {
            if (*at >= delta.length)
                return -1;
            fields[bit > 3] |= (size_t)delta.bytes[(*at)++] << 8 * (bit > 3 ? bit - 4 : bit);
        }
    *start = fields[0];
    *length = fields[1] ? fields[1] : 0x10000;
    return 0;
}

/* fills both texts; -1 where the delta is not sound */
static int
run(View base, View delta, size_t at, Text *text, Text *new)
{
    Copy last = {0, 0, 0, 0};

    while (at < delta.length) {
        unsigned char code = delta.bytes[at++];
        const unsigned char *from;
        size_t start, length;

        if (code & 0x80) {
            if (copied(delta, code, &at, &start, &length) || start > base.length || length > base.length - start)
                return -1;
            from = base.bytes + start;
        } else {
            if (!code || code > delta.length - at)
                return -1;
            from = delta.bytes + at;
            length = code;
            at += length;
        }
        if (code & 0x80 && length >= SHORT) {
            if (last.begun && last.stop == start)
                last.stop += length;  /* a text longer than an instruction can copy */
            else {
                if (put_ends(new, base, &last, 1))
                    return -1;
                last = (Copy){start, start + length, 1, text->length > 0};
            }
        } else {
            if (put_ends(new, base, &last, 1) || put(new, from, length))
                return -1;
            last.begun = 0;
        }
        if (put(text, from, length))
            return -1;
    }
    return text->length == text->room ? put_ends(new, base, &last, 0) : -1;
}

static PyObject *
merged(PyObject *module, PyObject *arguments)
{
    const char *base_bytes, *delta_bytes;
    Py_ssize_t base_length, delta_length, largest, from, size;
    size_t at = 0;
    View base, delta;
    Text text = {NULL, 0, 0}, new = {NULL, 0, 0};
    PyObject *whole, *part = NULL, *pair = NULL;

    (void)module;
    if (!PyArg_ParseTuple(arguments, "y#y#n", &base_bytes, &base_length, &delta_bytes, &delta_length, &largest))
        return NULL;
    base = (View){(const unsigned char *)base_bytes, (size_t)base_length};
    delta = (View){(const unsigned char *)delta_bytes, (size_t)delta_length};
    from = length_at(delta, &at);
    size = length_at(delta, &at);
    if (from != base_length || size < 0) {
        PyErr_SetString(PyExc_ValueError, "its delta is damaged, or that of another base");
        return NULL;
    }
    if (size > largest) {
        PyErr_Format(PyExc_ValueError, "it has more than %zd MB", largest >> 20);
        return NULL;
    }
    whole = PyBytes_FromStringAndSize(NULL, size);
    text.room = (size_t)size;
    /* one seam a long copy is the most that is added */
    new.room = (size_t)size + SEAM * ((size_t)size / SHORT + 1);
    new.bytes = PyMem_Malloc(new.room);
    if (whole == NULL || new.bytes == NULL) {
        PyErr_NoMemory();
        goto done;
    }
    text.bytes = (unsigned char *)PyBytes_AsString(whole);
    if (run(base, delta, at, &text, &new)) {
        PyErr_SetString(PyExc_ValueError, "its delta is damaged, or that of another base");
        goto done;
    }
    part = PyBytes_FromStringAndSize((const char *)new.bytes, (Py_ssize_t)new.length);
    if (part != NULL)
        pair = PyTuple_Pack(2, whole, part);
done:
    PyMem_Free(new.bytes);
    Py_XDECREF(whole);
    Py_XDECREF(part);
    return pair;
}

/* where a value, seven bits a byte, goes on; -1 where it is cut off or too large */
static int
size_at(View data, size_t *at, size_t *value, int shift)
{
    unsigned char byte;

    do {
        if (*at >= data.length || shift > 56)
            return -1;
        byte = data.bytes[(*at)++];
        *value |= (size_t)(byte & 0x7f) << shift;
        shift += 7;
    } while (byte & 0x80);
    return 0;
}

/* how far before an object its base lies; 0 where that is not said */
static size_t
distance_at(View data, size_t *at)
{
    size_t value = 0;
    unsigned char byte;

    do {
        if (*at >= data.length || value >> 56)
            return 0;
        byte = data.bytes[(*at)++];
        value = (value << 7) + (byte & 0x7f);
        if (byte & 0x80)
            value++;
    } while (byte & 0x80);
    return value;
}

/* the number of the object that begins at an offset, or -1 */
static int64_t
number_at(const uint64_t *offsets, int64_t count, uint64_t offset)
{
    int64_t low = 0, high = count;

    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (offsets[middle] < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && offsets[low] == offset ? low : -1;
}

/* one head; -1 where it is not sound */
static int
head(View pack, const uint64_t *offsets, int64_t number, size_t hash, unsigned char *kind, uint64_t *size, int64_t *base,
     uint64_t *start)
{
    View data = {pack.bytes, (size_t)offsets[number + 1]};
    size_t at = (size_t)offsets[number], value, back;
    unsigned char first, type;

    if (at >= data.length || data.length > pack.length)
        return -1;
    first = data.bytes[at++];
    type = first >> 4 & 7;
    value = first & 15;
    if (first & 0x80 && size_at(data, &at, &value, 4))
        return -1;
    *base = -1;
    *kind = 0;
    if (type == 6) {
        back = distance_at(data, &at);
        *base = back && back <= offsets[number] ? number_at(offsets, number, offsets[number] - back) : -1;
        if (*base < 0)
            return -1;
    } else if (type == 7) {
        if (hash > data.length - at)
            return -1;
        at += hash;
    } else if (type >= 1 && type <= 4)
        *kind = type;
    else
        return -1;
    *size = value;
    *start = at;
    return 0;
}

static PyObject *
fill(PyObject *module, PyObject *arguments)
{
    Py_buffer pack, offsets, kinds, sizes, bases, starts;
    Py_ssize_t hash, count;
    int64_t number = 0;

    (void)module;
    if (!PyArg_ParseTuple(arguments, "y*ny*w*w*w*w*", &pack, &hash, &offsets, &kinds, &sizes, &bases, &starts))
        return NULL;
    count = kinds.len;
    if (offsets.len == 8 * (count + 1) && sizes.len == 8 * count && bases.len == 8 * count && starts.len == 8 * count)
        while (number < count && !head((View){pack.buf, (size_t)pack.len}, offsets.buf, number, (size_t)hash,
                                       (unsigned char *)kinds.buf + number, (uint64_t *)sizes.buf + number,
                                       (int64_t *)bases.buf + number, (uint64_t *)starts.buf + number))
            number++;
    PyBuffer_Release(&pack);
    PyBuffer_Release(&offsets);
    PyBuffer_Release(&kinds);
    PyBuffer_Release(&sizes);
    PyBuffer_Release(&bases);
    PyBuffer_Release(&starts);
    return PyLong_FromLongLong(number < count ? number : -1);
}

static PyMethodDef methods[] = {
    {"fill", fill, METH_VARARGS,
     "fill(pack, hash_bytes, offsets, kinds, sizes, bases, starts)\n--\n\n"
     "Reads the heads of all objects; the number of the first that is not sound, or -1."},
    {"merged", merged, METH_VARARGS,
     "merged(base, delta, largest)\n--\n\n"
     "The text that a delta makes of its base, at most `largest` bytes, and what is new in it; raises ValueError."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_pack", "The loops over the heads of a pack and over a delta.", 0, methods, NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__pack(void)
{
    return PyModule_Create(&definition);
}
